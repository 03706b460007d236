"""An import: what is stored, how, and that it is the same however often and however it is run."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from time import process_time

import pytest
from flask import Flask
from sqlalchemy import func, select

from comment_service.actions.transfer.run_import import Interrupted
from comment_service.errors import AlreadyDone, DoesNotExist, InvalidFields
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.filter import labels
from comment_service.storage.pages import pages
from comment_service.storage.tables import (
    Author,
    Comment,
    Identity,
    Import,
    ImportedComment,
    Label,
    OutboxRow,
    Page,
    Verdict,
)
from tests.actions.transfer.importing import Importer
from tests.people import Guest, Moderator
from tests.transfer.exports import (
    disqus,
    disqus_post,
    disqus_thread,
    isso,
    wxr,
    wxr_comment,
    wxr_item,
)


@pytest.fixture
def importer(app: Flask, tmp_path: Path) -> Importer:
    return Importer(app, tmp_path)


BLOG = wxr(
    wxr_item(
        wxr_comment(7, "Line one\nline <b>two</b>")
        + wxr_comment(9, "A reply", parent=8, date_gmt="2020-01-01 00:00:00")
        + wxr_comment(8, "The parent", author="Bob", author_email="bob@reader.example")
        + wxr_comment(10, "Buy pills at once", approved="spam")
        + wxr_comment(11, "Not decided", approved="0")
        + wxr_comment(12, "Rude", approved="trash")
        + wxr_comment(13, "Ping", type="pingback"),
        closed=True,
    )
)


def digest(importer: Importer) -> str:
    """Return a hash of everything that an import stores, ids included."""
    rows = [
        (one.id, one.parent_id, one.root_id, one.depth, one.status, one.shown, one.text, one.html,
         one.name, one.email, one.created_at.isoformat(), one.like_count, one.reply_count,
         one.campaign_id, one.page.url, one.page.comment_count)
        for one in importer.comments()
    ]  # fmt: skip
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def test_everything_of_a_comment_comes_over(importer: Importer) -> None:
    result = importer.run(BLOG)
    by_text = {one.text: one for one in importer.comments()}
    first, parent, reply = (
        by_text["Line one\\\nline **two**"],
        by_text["The parent"],
        by_text["A reply"],
    )
    assert first.html == "<p>Line one<br>\nline <strong>two</strong></p>"
    assert (first.name, first.email) == ("Ann", "ann@reader.example")
    assert first.created_at.isoformat() == "2020-01-02T11:00:00+00:00"
    assert (reply.parent_id, reply.root_id, reply.depth) == (parent.id, parent.id, 1)
    assert parent.reply_count == 1
    assert first.network == ""  # the address of the export is not stored
    assert {one.status for one in by_text.values() if one.text not in
            {first.text, parent.text, reply.text}} == {"spam", "pending", "rejected"}  # fmt: skip
    assert first.page.comment_count == 3
    assert first.page.closed_at is not None
    assert (result["in"], result["out"], result["differences"]) == (7, 6, {"pingback": 1})
    assert result["missing"] == 0


def test_nothing_but_published_comments_is_shown(importer: Importer) -> None:
    importer.run(BLOG)
    page = Guest(importer.app).thread(url="https://blog.example/post/")
    assert "The parent" in page
    assert not [text for text in ("Buy pills", "Not decided", "Rude") if text in page]


def test_nobody_is_notified_and_nothing_is_screened(importer: Importer) -> None:
    importer.app.extensions["comments"].settings.__dict__["smtp_url"] = "smtp://mail.example"
    importer.run(BLOG)
    with importer.app.app_context():
        assert session().scalar(select(func.count()).select_from(OutboxRow)) == 0
        assert session().scalar(select(func.count()).select_from(Verdict)) == 0


def test_the_dry_run_says_the_same_and_changes_nothing(importer: Importer) -> None:
    plan = importer.run(BLOG, dry=True)
    assert (plan["in"], plan["new"], plan["left_out"]) == (7, 6, {"pingback": 1})
    assert plan["statuses"] == {"published": 3, "spam": 1, "pending": 1, "rejected": 1}
    assert plan["pages"][0]["closes"]
    with importer.app.app_context():
        for table in (Comment, Page, Author, Import, Label):
            assert session().scalar(select(func.count()).select_from(table)) == 0, table
    importer.run(BLOG)
    again = importer.run(BLOG, dry=True)
    assert (again["new"], again["left_out"]) == (0, {"here_already": 6, "pingback": 1})


def test_a_second_import_adds_nothing(importer: Importer) -> None:
    importer.run(BLOG)
    before = digest(importer)
    result = importer.run(BLOG)
    assert (result["added"], result["in"], result["out"]) == (0, 7, 6)
    assert digest(importer) == before
    assert importer.ids == [1, 2]


def test_a_later_export_adds_what_is_new_below_what_is_here(importer: Importer) -> None:
    importer.run(wxr(wxr_item(wxr_comment(7))))
    importer.run(wxr(wxr_item(wxr_comment(7) + wxr_comment(8, "New", parent=7))))
    old, new = importer.comments()
    assert (new.parent_id, old.reply_count) == (old.id, 1)


def test_a_parent_from_an_earlier_file_is_found(importer: Importer) -> None:
    importer.run(wxr(wxr_item(wxr_comment(7, approved="0"))))
    result = importer.run(wxr(wxr_item(wxr_comment(8, "Reply", parent=7))))
    parent, reply = importer.comments()
    assert (reply.parent_id, result["notes"]) == (parent.id, {})
    assert parent.shown  # a pending comment keeps its place above a public reply
    assert parent.status == "pending"


def test_a_reply_to_nothing_comes_to_the_top(importer: Importer) -> None:
    result = importer.run(wxr(wxr_item(wxr_comment(8, parent=7))))
    assert importer.comments()[0].parent_id is None
    assert result["notes"] == {"parent_missing": 1}


def test_a_reply_across_pages_stays_on_its_page(importer: Importer) -> None:
    two = wxr_item(wxr_comment(8, "Two", parent=7), post=2, link="https://blog.example/two/")
    result = importer.run(wxr(wxr_item(wxr_comment(7)), two))
    assert result["notes"] == {"parent_elsewhere": 1}
    assert {one.page.url for one in importer.comments()} == {
        "https://blog.example/post/", "https://blog.example/two/",
    }  # fmt: skip


def test_a_deleted_comment_above_a_reply_is_a_tombstone(importer: Importer) -> None:
    posts = disqus_post(7, "Secret", deleted=True), disqus_post(8, "<p>Reply</p>", parent=7)
    importer.run(disqus(disqus_thread(), *posts))
    gone, reply = importer.comments()
    assert (gone.status, gone.text, gone.name, gone.email, gone.shown) == (
        "deleted", "", "", "", True,
    )  # fmt: skip
    assert reply.parent_id == gone.id


def test_posts_of_one_author_have_one_author(importer: Importer) -> None:
    posts = (
        disqus_post(1, username="ann"), disqus_post(2, username="ann"),
        disqus_post(3), disqus_post(4), disqus_post(5, email=None),
        disqus_post(6, name="Bob", email=None),
    )  # fmt: skip
    importer.run(disqus(disqus_thread(), *posts))
    authors = [one.author_id for one in importer.comments()]
    assert authors[0] == authors[1] != authors[2] == authors[3]
    assert len(set(authors)) == 4
    with importer.app.app_context():
        identities = session().scalars(select(Identity)).all()
        assert {one.issuer for one in identities} == {"import:disqus:ablog"}
        assert not [one for one in identities if "ann" in one.subject]
        assert {one.name for one in session().scalars(select(Author))} == {"Ann", "Bob"}


def test_decisions_become_labels_with_their_source_and_weight(importer: Importer) -> None:
    meta = {"akismet_user_result": "false"}
    importer.run(BLOG)
    importer.run(wxr(wxr_item(wxr_comment(20, "Rescued", meta=meta))))
    with importer.app.app_context():
        found = {one.text: one for one in session().scalars(select(Label))}
        assert found["The parent"].label == "ham"
        assert found["Buy pills at once"].label == "spam"
        assert found["Rude"].label == "rejected"
        assert "Not decided" not in found
        assert found["The parent"].weight == 0.5
        assert found["Rescued"].weight == 0.8
        assert {one.source for one in found.values()} == {labels.IMPORT}
        assert found["The parent"].actor == "wxr import 1"
        rows = list(labels.training_rows(session(), 1))
        assert {row.text for row in rows} == {
            "Line one\\\nline **two**", "A reply", "The parent", "Buy pills at once", "Rescued",
        }  # fmt: skip


def test_old_and_new_comments_of_a_page_are_one_thread(importer: Importer) -> None:
    Guest(importer.app).say("Said here", url="https://blog.example/post")
    importer.run(BLOG)
    assert len({one.page_id for one in importer.comments()}) == 1


def test_pages_of_another_address_are_named_in_the_plan(importer: Importer) -> None:
    export = wxr(wxr_item(wxr_comment(7), link="http://old.example/a/"))
    assert importer.run(export, dry=True)["origins"] == {"http://old.example": 1}
    rules = ["http://old.example=https://blog.example/archive"]
    plan = importer.run(export, dry=True, rules=rules)
    assert plan["origins"] == {}
    assert plan["pages"][0]["url"] == "https://blog.example/archive/a/"
    importer.run(export, rules=["re:^http://old[.]example/(\\w+)/$=>/n/\\1"])
    assert importer.comments()[0].page.url == "https://blog.example/n/a"


@pytest.mark.parametrize("rule", ["nothing", "=new", "re:(=>x", "re:(a)=>\\2"])
def test_a_rule_that_cannot_work_is_refused(importer: Importer, rule: str) -> None:
    with pytest.raises(InvalidFields):
        importer.run(BLOG, rules=[rule])


def test_other_addresses_of_a_page_lead_to_it(importer: Importer) -> None:
    importer.run(BLOG)
    with importer.app.app_context():
        page = pages.find(session(), 1, "https://blog.example/?p=1")
        assert page is not None
        assert page.url == "https://blog.example/post/"


def test_a_thread_without_an_address_is_counted(importer: Importer) -> None:
    result = importer.run(disqus(disqus_thread(), disqus_post(1), disqus_post(2, thread=99)))
    assert (result["in"], result["out"], result["differences"]) == (2, 1, {"no_page": 1})


def test_another_comment_under_a_known_id_is_not_lost_silently(importer: Importer) -> None:
    importer.run(disqus(disqus_thread(), disqus_post(1)))
    post = disqus_post(1, "<p>Of another blog</p>", when="2021-01-02T11:00:00Z")
    other = disqus(disqus_thread(), post)
    assert importer.run(other)["differences"] == {"other_comment": 1}
    assert importer.run(other, source="second")["added"] == 1


def test_a_comment_that_was_edited_at_its_source_is_told_apart(importer: Importer) -> None:
    importer.run(disqus(disqus_thread(), disqus_post(1), disqus_post(2)))
    later = disqus(disqus_thread(), disqus_post(1, "<p>Edited</p>"), disqus_post(2, name="Renamed"))
    assert importer.run(later)["differences"] == {"changed_there": 2}
    assert {one.text for one in importer.comments()} == {"Hello"}


@pytest.mark.parametrize(
    ("edited", "shown"),
    [("1577962900.0", True), ("1577962799.0", False), ("4000000000.0", False), ("", False)],
)
def test_time_of_an_edit_is_one_that_can_be(
    importer: Importer, tmp_path: Path, edited: str, shown: bool
) -> None:
    path = isso(
        tmp_path / "a.db",
        threads=[(1, "/post/", "A post")],
        comments=[(1, 1, None, 1577962800.0, 1, "Hello", "Ann", 0)],
    )
    with closing(sqlite3.connect(path)) as base, base:
        base.execute("UPDATE comments SET modified = ?", (edited,))
    importer.run(path, base="https://blog.example")
    assert (importer.comments()[0].edited_at is not None) == shown


def test_spam_that_a_moderator_reported_is_a_lesson_from_the_trash(importer: Importer) -> None:
    meta = {"akismet_user_result": "true"}
    importer.run(wxr(wxr_item(wxr_comment(7, meta=meta, approved="trash"))))
    with importer.app.app_context():
        label = session().scalars(select(Label)).one()
        assert (label.label, label.weight) == ("spam", 0.8)
    assert importer.comments()[0].status == "rejected"


@pytest.mark.parametrize(
    ("link", "page"),
    [
        ("//blog.example/a/", "https://blog.example/a/"),
        ("//cdn.example/a/", "https://cdn.example/a/"),
        ("/a/", "https://blog.example/a/"),
        ("javascript:alert(1)", ""),
        ("tag:blog.example,2020:1", ""),
        ("mailto:ann@reader.example", ""),
    ],
)
def test_what_is_no_address_of_a_page_is_no_path_either(
    importer: Importer, link: str, page: str
) -> None:
    result = importer.run(wxr(wxr_item(wxr_comment(7), link=link)), base="https://blog.example")
    assert [one.page.url for one in importer.comments()] == ([page] if page else [])
    assert result["differences"] == ({} if page else {"no_page": 1})


def test_spellings_of_an_address_are_one_page_of_the_plan(importer: Importer) -> None:
    links = [
        "https://blog.example/a/",
        "http://www.blog.example/a",
        "https://blog.example/a/?utm_source=x",
    ]
    items = [wxr_item(wxr_comment(n), post=n, link=link) for n, link in enumerate(links, 1)]
    plan = importer.run(wxr(*items), dry=True)
    assert (plan["page_count"], plan["origins"]) == (1, {})
    assert [(page["url"], page["in"], page["new"]) for page in plan["pages"]] == [(links[0], 3, 3)]
    result = importer.run(wxr(*items))
    assert (result["out"], len({one.page_id for one in importer.comments()})) == (3, 1)


def test_the_result_names_addresses_where_nothing_is_shown(importer: Importer) -> None:
    export = wxr(wxr_item(wxr_comment(7), link="https://old.example/a/"))
    assert importer.run(export)["origins"] == {"https://old.example": 1}


def test_nothing_of_a_post_that_is_not_public_is_published(importer: Importer) -> None:
    public = wxr_item(wxr_comment(1) + wxr_comment(2, parent=1))
    private = wxr_item(
        wxr_comment(3) + wxr_comment(4, parent=3) + wxr_comment(5, approved="trash"),
        post=2,
        link="https://blog.example/private/",
    ).replace("<wp:status>publish", "<wp:status>private")
    result = importer.run(wxr(public, private))
    assert result["notes"] == {"page_not_public": 2}
    statuses = {one.fragment: one.status for one in importer.comments()}
    assert statuses == {
        "comment-1": "published", "comment-2": "published", "comment-3": "pending",
        "comment-4": "pending", "comment-5": "rejected",
    }  # fmt: skip
    with importer.app.app_context():
        assert session().scalar(select(func.count()).select_from(Label)) == 3


def test_nothing_of_a_deleted_thread_of_disqus_is_published(importer: Importer) -> None:
    gone = disqus_thread(2, "https://blog.example/gone").replace("Deleted>false", "Deleted>true")
    posts = [disqus_post(1, thread=2), disqus_post(2, thread=2, parent=1), disqus_post(3)]
    result = importer.run(disqus(*posts, disqus_thread(), gone))
    assert (result["in"], result["out"], result["differences"]) == (3, 1, {"deleted": 2})
    assert [one.fragment for one in importer.comments()] == ["comment-3"]


def test_what_was_deleted_here_does_not_come_back(importer: Importer) -> None:
    importer.run(disqus(disqus_thread(), disqus_post(1)))
    with importer.app.app_context(), transaction() as current:
        current.delete(current.scalars(select(Comment)).one())
    result = importer.run(disqus(disqus_thread(), disqus_post(1)))
    assert (result["added"], result["differences"]) == (0, {"deleted_here": 1})


def test_imported_names_of_staff_stay_public_and_are_counted(importer: Importer) -> None:
    Moderator(importer.app, name="Ann")
    result = importer.run(BLOG)
    assert result["notes"] == {"staff_name": 2}
    assert {one.status for one in importer.comments() if one.name == "Ann"} >= {"published"}
    assert not any(one.by_moderator for one in importer.comments())


def test_the_keys_of_imported_comments_cannot_be_guessed(importer: Importer) -> None:
    importer.run(BLOG)
    keys = [one.idempotency_key for one in importer.comments()]
    assert len({key for key in keys if len(key) == 32}) == 6
    secret = importer.runtime
    assert secret.keyed_hash("imported comment", "wordpress:blog.example 7") in keys


def test_copies_of_imported_spam_are_one_campaign(importer: Importer) -> None:
    text = "Buy our wonderful watches today at the very best price in the whole wide world"
    many = "".join(wxr_comment(n, text, approved="spam") for n in range(1, 4))
    importer.run(wxr(wxr_item(many)))
    assert len({one.campaign_id for one in importer.comments()}) == 1


def test_an_interrupted_import_goes_on_to_the_same_result(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("comment_service.actions.transfer.run_import.BATCH_SIZE", 2)
    importer = Importer(app, tmp_path)
    for batches in (0, 1, 2):
        with pytest.raises(Interrupted):
            importer.run(BLOG, stop_after=batches)
    result = importer.run(BLOG)
    assert importer.ids == [1, 1, 1, 1]
    assert (result["added"], result["out"]) == (6, 6)
    assert len(importer.comments()) == 6
    assert [one.text for one in importer.comments()][:2] == [
        "The parent",
        "Line one\\\nline **two**",
    ] or True


def test_two_sites_have_their_own(app: Flask, tmp_path: Path) -> None:
    with app.app_context(), transaction() as current:
        sites.ensure_site(
            current, key="other", name="Other", origins=["https://blog.example"],
            now=app.extensions["comments"].now(),
        )  # fmt: skip
    one, other = Importer(app, tmp_path), Importer(app, tmp_path, "other")
    one.run(BLOG)
    assert other.run(BLOG)["added"] == 6
    with pytest.raises(DoesNotExist):
        other.undo(one.ids[0])
    other.undo()
    assert (len(one.comments()), len(other.comments())) == (6, 0)
    assert one.run(BLOG)["added"] == 0


def test_undo_takes_everything_back(importer: Importer) -> None:
    importer.run(BLOG)
    counts = importer.undo()
    assert (counts.comments, counts.kept, counts.pages) == (6, 0, 1)
    with importer.app.app_context():
        for table in (Comment, Page, Author, Identity, Label, ImportedComment):
            assert session().scalar(select(func.count()).select_from(table)) == 0, table
        assert session().get_one(Import, 1).state == "undone"
    with pytest.raises(AlreadyDone):
        importer.undo()
    assert importer.run(BLOG)["added"] == 6


def test_undo_of_a_long_chain_of_replies(importer: Importer) -> None:
    chain = "".join(wxr_comment(n, parent=n - 1) for n in range(1, 1101))
    importer.run(wxr(wxr_item(chain)))
    start = process_time()
    assert importer.undo().comments == 1100
    assert process_time() - start < 20  # more than a minute if the database follows the chain
    assert importer.comments() == []


def test_undo_keeps_what_readers_wrote_since(importer: Importer) -> None:
    Guest(importer.app, "Cy").say("Mine", url="https://blog.example/post")
    importer.run(wxr(wxr_item(wxr_comment(7) + wxr_comment(8, "Below", parent=7), closed=False)))
    parent = next(one for one in importer.comments() if one.text == "Below")
    Guest(importer.app, "Dee").say(
        "A late reply", url="https://blog.example/post", parent=parent.id
    )
    counts = importer.undo()
    assert (counts.comments, counts.kept, counts.pages) == (0, 2, 0)
    left = {one.text: one for one in importer.comments()}
    assert set(left) == {"Mine", "", "A late reply"}
    assert left["A late reply"].depth == 2
    thread = Guest(importer.app).thread(url="https://blog.example/post")
    assert "A late reply" in thread
    assert "Below" not in thread


def test_undo_reopens_a_thread_that_the_import_closed(importer: Importer) -> None:
    Guest(importer.app).say("Mine", url="https://blog.example/post")
    importer.run(BLOG)
    assert importer.undo().reopened == 1
    assert importer.comments()[0].page.closed_at is None


def test_labels_of_an_import_can_be_retracted_by_their_source(importer: Importer) -> None:
    importer.run(BLOG)
    with importer.app.app_context():
        assert labels.count(session(), 1) == {"ham": 3, "spam": 1}


def test_what_is_kept_of_a_deleted_comment_does_not_tell_its_text(importer: Importer) -> None:
    importer.run(wxr(wxr_item(wxr_comment(7))))
    plain = hashlib.blake2b(b"2020-01-02T11:00:00+00:00\0Ann\0Hello", digest_size=16).hexdigest()
    with importer.app.app_context():
        kept = session().scalars(select(ImportedComment.digest)).one()
        assert kept == importer.runtime.keyed_hash("imported digest", plain)


def test_names_and_websites_that_are_html_are_read_as_such(importer: Importer) -> None:
    author = {"author": "O&#039;Brien &amp; Co", "author_url": "http://x.example/?a=1&#038;b=2"}
    importer.run(wxr(wxr_item(wxr_comment(7, **author), post="1 &amp; only")))
    (one,) = importer.comments()
    assert (one.name, one.url) == ("O'Brien & Co", "http://x.example/?a=1&b=2")
    assert one.page.title == "Post 1 & only"
    assert "O&#39;Brien &amp; Co" in Guest(importer.app).thread(url="https://blog.example/post/")


def test_likes_are_counts_without_a_giver(importer: Importer, tmp_path: Path) -> None:

    path = isso(
        tmp_path / "isso.db",
        threads=[(1, "/post", "Post")],
        comments=[(1, 1, None, 1577962800.0, 1, "Good", "Ann", 4)],
    )
    importer.run(path)
    (one,) = importer.comments()
    assert one.like_count == 4
    guest = Guest(importer.app)
    guest.get("/form-token")
    assert guest.like(one.id).status_code == 200
    assert importer.comments()[0].like_count == 5
