"""The queue: filters in its URL, contents of a card, actions."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import filters
from comment_service.storage.moderation.filters import Filter
from comment_service.storage.tables import (
    Author,
    Batch,
    Comment,
    Decision,
    Label,
    ListEntry,
    Page,
    Revision,
    Verdict,
    VerdictReason,
)
from tests.fakes import FakeClassifier, FakeClock, FakeReason, FakeScore
from tests.people import Guest, Moderator

LONG = "maybe the quick brown fox jumps over the lazy dog beside the river bank tonight"


def texts(page: str) -> list[str]:
    """Return the texts of a page's cards, from top to bottom."""
    return re.findall(r'<div class="said" dir="auto">([^<]*)', page)


def said(app: Flask, *words: str, **more: str) -> list[int]:
    return [Guest(app, f"Reader {n}").say(w, **more).get_json()["id"] for n, w in enumerate(words)]


@pytest.fixture
def moderator(app: Flask) -> Moderator:
    return Moderator(app)


def test_words_are_found_in_text_name_website_and_domain(app: Flask, moderator: Moderator) -> None:
    Guest(app, "Zoë").say("maybe a blue boat")
    Guest(app, "Ben").say("maybe a red boat", website="https://shop.example/x")
    Guest(app, "Cy").say("maybe not", email="secret@mail.example")
    found = {
        "boat": ["maybe a red boat", "maybe a blue boat"],
        '"red boat"': ["maybe a red boat"],
        "boat blue": ["maybe a blue boat"],
        "Zoë": ["maybe a blue boat"],
        "shop.example": ["maybe a red boat"],
        "shop": ["maybe a red boat"],
        "mail.example": ["maybe not"],
        "secret": [],
        'un"closed': [],
        "NEAR(": [],
    }
    for words, wanted in found.items():
        assert texts(moderator.queue(q=words)) == wanted, words
    for signs in ('"" ( *', "$$$", "💰"):  # too short or too common for the search index
        assert texts(moderator.queue(q=signs)) == []


def test_invalid_filter_values_are_ignored(moderator: Moderator, app: Flask) -> None:
    Guest(app).say("maybe one")
    page = moderator.queue(score_from="abc", since="nope", identity="martian", score_to="-1")
    assert len(texts(page)) == 1
    assert "martian" not in page
    assert "nope" not in page


def test_the_filter_of_an_author_says_the_name(app: Flask, moderator: Moderator) -> None:
    held = [Guest(app, name).say(f"maybe by {name}").get_json()["id"] for name in ("Zoë", "Ben")]
    with app.app_context():
        by = {
            name: session().get_one(Comment, key).author_id
            for name, key in zip("ZB", held, strict=True)
        }
    for name, other, key in (("Zoë", "Ben", by["Z"]), ("Ben", "Zoë", by["B"])):
        page = moderator.queue(author=str(key))
        assert re.search(rf"author: (<bdi>)?{name}", page)
        assert f"author: {other}" not in page
    assert "author: 99999" in re.sub("</?bdi>", "", moderator.queue(author="99999"))


def test_search_follows_the_status_and_the_text(app: Flask, moderator: Moderator) -> None:
    (comment,) = said(app, "maybe a blue boat")
    moderator.decide(comment, "approve")
    assert texts(moderator.queue(q="boat")) == []
    assert texts(moderator.queue("published", q="boat")) == ["maybe a blue boat"]
    moderator.post(f"/moderation/comments/{comment}/edit", text="maybe a green car")
    assert texts(moderator.queue("published", q="boat")) == []
    assert texts(moderator.queue("all", q="car")) == ["maybe a green car"]


def test_every_filter_works(app: Flask, clock: FakeClock, moderator: Moderator) -> None:
    said(app, "maybe the first", url="https://blog.example/one")
    clock.forward(days=2)
    Guest(app, "Other").say("maybe see https://x.example", url="https://blog.example/two")
    with app.app_context():
        page = session().scalars(select(Page.id).where(Page.url.like("%one"))).one()
        author = session().scalars(select(Comment.author_id).where(Comment.page_id == page)).one()
        campaign = session().scalars(select(Comment.campaign_id).order_by(Comment.id)).first()
    first, second = ["maybe the first"], ["maybe see https://x.example"]
    for query, wanted in [
        ({"page": page}, first),
        ({"author": author}, first),
        ({"campaign": campaign}, first),
        ({"reason": "first_comment_link"}, second),
        ({"reason": "honeypot"}, []),
        ({"score_from": "0.62", "score_to": "0.8"}, second + first),
        ({"score_from": "71 %"}, []),
        ({"since": "2026-11-03"}, second),
        ({"until": "2026-11-02"}, first),
        ({"identity": "guest"}, second + first),
        ({"identity": "host"}, []),
        ({"model": "fake-1"}, second + first),
        ({"model": "fake-2"}, []),
        ({"site": "default"}, second + first),
        ({"site": "nobody"}, []),
        ({"page": "x"}, []),
    ]:
        assert texts(moderator.queue(**query)) == wanted, query
        assert texts(moderator.queue("all", **query)) == wanted, query


@pytest.mark.parametrize("sort", filters.SORTS)
@pytest.mark.parametrize("query", [{}, {"q": "maybe"}, {"reason": "first_comment"}])
def test_pages_of_results_have_no_gap(app: Flask, sort: str, query: dict[str, str]) -> None:
    moderator, wanted = Moderator(app), {f"maybe number {n}" for n in range(7)}
    said(app, *sorted(wanted))
    app.extensions["comments"].settings = _with_pages_of(app, 3)
    url, seen = f"/moderation/pending?sort={sort}", list[str]()
    url += "".join(f"&{k}={v}" for k, v in query.items())
    while url:
        page = moderator.client.get(url).get_data(as_text=True)
        seen += texts(page)
        onwards = re.search(r'id="further"><a href="([^"]+)"', page)
        url = onwards[1].replace("&amp;", "&") if onwards else ""
    assert len(seen) == 7
    assert set(seen) == wanted
    if sort != "look":
        assert seen == sorted(wanted, reverse=sort == "newest")


def _with_pages_of(app: Flask, size: int) -> object:
    from dataclasses import replace

    return replace(app.extensions["comments"].settings, page_size=size)


def test_uncertain_comments_first_and_one_per_campaign(
    app: Flask, classifier: FakeClassifier, moderator: Moderator
) -> None:
    copies = [f"{LONG} {n}" for n in range(3)]
    said(app, *copies, "maybe something quite different")
    with app.app_context(), transaction() as current:
        other = current.scalars(select(Comment).order_by(Comment.id.desc())).first()
        assert other is not None
        other.look = 10**6
    found = texts(moderator.queue(sort="look"))
    assert found == ["maybe something quite different", copies[0]]
    assert "2 like this" in moderator.queue(sort="look")


def test_verdict_fills_the_columns_the_queue_filters(app: Flask) -> None:
    (comment,) = said(app, "maybe this")
    with app.app_context():
        row = session().get_one(Comment, comment)
        names = set(session().scalars(select(VerdictReason.name)))
        verdict = session().scalars(select(Verdict)).one()
        assert (row.score, row.model, row.identity) == (0.7, "fake-1", "guest")
        assert row.look > 0
        assert names == {reason["name"] for reason in verdict.reasons}


def test_counts_are_bounded(app: Flask) -> None:
    said(app, "maybe one", "maybe two", "maybe three")
    with app.app_context():
        assert filters.count(session(), Filter("pending")) == 3
        assert filters.count(session(), Filter("all"), limit=2) == 2


def test_heavy_words_are_highlighted(
    lite: Flask, classifier: FakeClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "<b>maybe</b> a bonus & thanks"
    at = text.index("bonus")
    reasons = (
        FakeReason("words", "“bonus” is typical of spam", 2.0, ((at, at + 5),)),
        FakeReason("words", "“thanks” is typical of honest comments", -1.0, ((23, 29),)),
        FakeReason("words", "beyond", 1.0, ((9, 900),)),
    )
    score = FakeScore(0.82, reasons)
    monkeypatch.setattr(classifier, "score", lambda *_a, **_k: score)
    Guest(lite).say(text)
    page = Moderator(lite).queue()
    assert "&lt;b&gt;maybe&lt;/b&gt; a " in page
    assert re.search(r'<mark data-side="spam" title="towards spam, \+2.0">bonus<span', page)
    assert re.search(r'<mark data-side="fine" title="against spam, -1.0">thanks<span', page)
    assert "82% spam: “bonus”, beyond, first comment" in page


def test_visitor_input_is_escaped(lite: Flask) -> None:
    evil = '"><script>alert(1)</script>'
    guest = Guest(lite, f"E{evil}")
    guest.page["title"] = evil
    held = guest.say(f"maybe {evil}").get_json()["id"]
    moderator = Moderator(lite)
    own = moderator.client.get(f"/moderation/comments/{held}").get_data(as_text=True)
    for page in (moderator.queue(), moderator.queue(q=evil, reason=evil, author=evil), own):
        assert "<script>alert" not in page


def test_hold_returns_to_queue_without_label(app: Flask, moderator: Moderator) -> None:
    (comment,) = said(app, "maybe this")
    moderator.decide(comment, "spam")
    assert moderator.decide(comment, "hold").get_json()["status"] == "pending"
    with app.app_context():
        assert list(session().scalars(select(Label.id).where(Label.withdrawn_at.is_(None)))) == []


def test_a_rejection_keeps_its_reason(app: Flask, moderator: Moderator) -> None:
    (comment,) = said(app, "maybe this")
    path = f"/moderation/comments/{comment}/decide"
    moderator.post(path, decision="reject", note="off topic")
    with app.app_context():
        assert session().scalars(select(Decision.note)).one() == "off topic"
    assert "off topic" in moderator.queue("rejected")


def test_an_edit_keeps_status_and_the_old_text(app: Flask, moderator: Moderator) -> None:
    comment = Guest(app).say("a *fine* day").get_json()["id"]
    path = f"/moderation/comments/{comment}"
    moderator.post(f"{path}/edit", text="maybe a **rainy** day")
    with app.app_context():
        row = session().get_one(Comment, comment)
        assert (row.status, row.score) == ("published", 0.7)
        assert row.html == "<p>maybe a <strong>rainy</strong> day</p>"
        assert row.edited_at is not None
        assert session().scalars(select(Revision.text)).one() == "a *fine* day"
    assert "<strong>rainy</strong>" in Guest(app).thread()
    assert "a *fine* day" in moderator.client.get(path).get_data(as_text=True)
    assert moderator.post(f"{path}/edit", text="  ").status_code == 422


def test_a_reply_publishes_both(app: Flask, moderator: Moderator) -> None:
    (comment,) = said(app, "maybe a question")
    path = f"/moderation/comments/{comment}/reply"
    moderator.post(path, text="An answer", key="k" * 16)
    moderator.post(path, text="An answer", key="k" * 16)
    thread = Guest(app).thread()
    assert "maybe a question" in thread
    assert thread.count("An answer") == 1
    with app.app_context():
        answer = session().scalars(select(Comment).where(Comment.parent_id == comment)).one()
        assert (answer.status, answer.by_moderator, answer.name) == ("published", True, "Mod")


def test_a_block_ends_on_its_day(app: Flask, clock: FakeClock, moderator: Moderator) -> None:
    guest = Guest(app)
    comment = guest.say("hello").get_json()["id"]
    path = f"/moderation/comments/{comment}/author"
    moderator.post(path, mark="block", until="2026-11-02")
    guest.say("while blocked")
    with app.app_context():
        assert session().scalars(select(Author.blocked_at)).first() is not None
    assert texts(moderator.queue("rejected")) == ["while blocked"]
    clock.forward(days=3)
    assert guest.say("back again").get_json()["status"] == "published"
    assert moderator.post(path, mark="block", until="soon").status_code == 422


def test_lists_and_the_page_from_a_card(app: Flask, moderator: Moderator) -> None:
    comment = Guest(app).say("hello").get_json()["id"]
    path = f"/moderation/comments/{comment}"
    moderator.post(f"{path}/list", kind="word", value="rolex", status="spam")
    with app.app_context():
        entry = session().scalars(select(ListEntry)).one()
        assert (entry.kind, entry.value, entry.status, entry.actor) == (
            "word",
            "rolex",
            "spam",
            "Mod",
        )
    assert moderator.post(f"{path}/list", kind="x", value="y", status="spam").status_code == 422
    moderator.post(f"{path}/page", closed="1")
    assert Guest(app).say("too late").status_code == 403
    moderator.post(f"{path}/page", closed="0")
    assert Guest(app).say("in time").status_code == 201


def test_selection_is_decided_and_undone_as_one(app: Flask, moderator: Moderator) -> None:
    ids = said(app, "maybe one", "maybe two", "maybe three")
    fields = {"csrf_token": moderator.token, "decision": "spam", "id": [str(k) for k in ids[:2]]}
    page = moderator.client.post("/moderation/batches", data=fields, follow_redirects=True)
    assert texts(page.get_data(as_text=True)) == ["maybe three"]
    assert "Marked as spam. (2)" in page.get_data(as_text=True)
    with app.app_context():
        batch = session().scalars(select(Batch)).one()
        assert (batch.expected, batch.decided) == (2, 2)
        assert len(list(session().scalars(select(Label.id)))) == 2
    moderator.post(f"/moderation/batches/{batch.id}/undo")
    assert len(texts(moderator.queue())) == 3
    with app.app_context():
        assert list(session().scalars(select(Label.id).where(Label.withdrawn_at.is_(None)))) == []


def test_bulk_action_undo_skips_deleted_comments(lite: Flask) -> None:
    ids, moderator = said(lite, "maybe one", "maybe two"), Moderator(lite)
    fields = {"csrf_token": moderator.token, "decision": "spam", "id": [str(k) for k in ids]}
    moderator.client.post("/moderation/batches", data=fields)
    with lite.app_context(), transaction() as current:
        current.get_one(Comment, ids[0]).status = "deleted"
    moderator.post("/moderation/batches/1/undo")
    assert texts(moderator.queue()) == ["maybe two"]
    with lite.app_context():
        assert session().get_one(Batch, 1).undone == 1


def test_bulk_action_on_a_filter_is_previewed_run_and_undone(
    app: Flask, moderator: Moderator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("comment_service.actions.moderation.bulk.BATCH_SIZE", 2)
    said(app, *[f"maybe boat {n}" for n in range(5)], "maybe a car")
    form = {"csrf_token": moderator.token, "decision": "approve", "whole": "1",
            "queue": "pending", "query": "q=boat"}  # fmt: skip
    preview = moderator.client.post("/moderation/batches", data=form).get_data(as_text=True)
    assert "<h1>5 comments</h1>" in preview
    assert len(texts(moderator.queue())) == 6
    moderator.client.post("/moderation/batches", data={**form, "sure": "1"})
    assert texts(moderator.queue()) == ["maybe a car"]
    assert len(texts(moderator.queue("published"))) == 5
    with app.app_context():
        kept = session().scalars(select(Comment.id).order_by(Comment.id)).first()
        batch = session().scalars(select(Batch)).one()
    assert kept is not None
    moderator.decide(kept, "reject")  # decided again: the undo of the bulk action leaves it
    moderator.post(f"/moderation/batches/{batch.id}/undo")
    assert len(texts(moderator.queue())) == 5
    assert len(texts(moderator.queue("rejected"))) == 1


def test_long_bulk_action_stops_in_time_and_continues(
    lite: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("comment_service.actions.moderation.bulk.BATCH_SIZE", 2)
    monkeypatch.setattr("comment_service.web.moderation.bulk.TIME_LIMIT", 0.000001)
    said(lite, *[f"maybe boat {n}" for n in range(5)])
    moderator = Moderator(lite)
    form = {"csrf_token": moderator.token, "decision": "spam", "whole": "1", "sure": "1",
            "queue": "pending", "query": ""}  # fmt: skip
    moderator.client.post("/moderation/batches", data={**form, "sure": ""})
    page = moderator.client.post("/moderation/batches", data=form, follow_redirects=True)
    assert "<h1>2 of 5</h1>" in page.get_data(as_text=True)
    for _ in range(2):
        moderator.post("/moderation/batches/1/continue")
    assert texts(moderator.queue()) == []
    assert len(texts(moderator.queue("spam"))) == 5


def test_moderation_routes_require_sign_in_and_csrf_token(lite: Flask) -> None:
    outside = {"staff_login", "mail_decision", "in_place"}  # see test_in_place
    for number, rule in enumerate(lite.url_map.iter_rules()):
        inside = rule.rule.startswith("/moderation") and rule.endpoint.split(".")[0] not in outside
        if not inside:
            continue
        path = re.sub(r"<[^>]+>", "1", rule.rule)
        for method in (rule.methods or set()) & {"GET", "POST"}:
            answer = lite.test_client().open(path, method=method)
            refused = answer.status_code == 400 or "/sign-in" in answer.headers.get("Location", "")
            assert refused, f"{method} {path}: {answer.status_code}"
            if method == "POST":
                lacking = Moderator(lite, f"M{number}").client.post(path)
                assert lacking.status_code == 400, f"{path} asks for no token"


def test_decision_offers_the_same_for_its_campaign(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    words = "maybe the best watches of the whole town are sold in our little outlet, number"
    ids = [Guest(app).say(f"{words} {n}").get_json()["id"] for n in "abcd"]
    Guest(app).say("maybe something else that nobody ever said before in this town")
    moderator = Moderator(app)
    fields = {"decision": "spam", "next": "/moderation/"}
    page = moderator.client.post(
        f"/moderation/comments/{ids[0]}/decide", data=fields, follow_redirects=True
    ).get_data(as_text=True)
    assert "The same for 3 like it" in page
    query = f"campaign={ids[0]}"
    assert f'value="{query}"' in page
    offered = {"decision": "spam", "whole": "1", "queue": "all", "query": query}
    preview = moderator.client.post("/moderation/batches", data=offered).get_data(as_text=True)
    assert "3 comments" in preview
    moderator.client.post("/moderation/batches", data={**offered, "sure": "1"})
    assert moderator.queue("spam").count('class="card"') == 4
    assert moderator.queue("pending").count('class="card"') == 1


def test_refused_form_keeps_its_input(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    comment = Guest(app).say("maybe").get_json()["id"]
    moderator = Moderator(app)
    long = "A long answer. " * 1000
    for form in ("reply", "edit"):
        answer = moderator.client.post(
            f"/moderation/comments/{comment}/{form}", data={"text": long, "key": "k" * 20}
        )
        assert answer.status_code == 422
        assert long.strip() in answer.get_data(as_text=True)


@pytest.mark.parametrize("asked", ["café", "cafe", "CAFÉ", "cafe\u0301", "Zoë", "zoe", "кофе"])
def test_words_are_found_whatever_their_accents(
    app: Flask, moderator: Moderator, asked: str
) -> None:
    Guest(app, "Zoë").say("the Café in our town, maybe кофе")
    Guest(app).say("something else, maybe")
    assert moderator.queue(q=asked).count('class="card"') == 1


def test_distinct_letters_are_not_folded(app: Flask, moderator: Moderator) -> None:
    Guest(app).say("мой дом, maybe")
    assert moderator.queue(q="мой").count('class="card"') == 1


def test_an_error_page_leads_back_to_the_queue(lite: Flask) -> None:
    moderator = Moderator(lite)
    missing = moderator.client.get("/moderation/nowhere/at/all")
    assert missing.status_code == 404
    assert '<a href="/moderation/">Back</a>' in missing.get_data(as_text=True)
    assert "/moderation/" not in lite.test_client().get("/nowhere").get_data(as_text=True)


def toast(moderator: Moderator, path: str) -> str:
    """Return what the line about the last action says."""
    found = moderator.client.get(path).get_data(as_text=True)
    part = found[found.index('id="toast" role="status">') + 25 :]
    return " ".join(re.sub("<[^>]+>", " ", part[: part.index("</div>")]).split())


def test_an_undo_names_the_comment_and_the_one_to_undo_next(
    app: Flask, moderator: Moderator
) -> None:
    colleague = Moderator(app, "Nora")
    jen, alan, sam = (
        Guest(app, name).say(f"maybe {name}").get_json()["id"] for name in ("Jen", "<Alan>", "Sam")
    )
    moderator.decide(jen, "approve")
    colleague.decide(alan, "spam")
    colleague.decide(sam, "hold")  # it waited already
    with app.app_context():
        decisions = {row.comment_id: row.id for row in session().scalars(select(Decision))}

    def undo(comment: int) -> str:
        path = f"/moderation/decisions/{decisions[comment]}/undo"
        sent = moderator.client.post(path, data={"csrf_token": moderator.token})
        return toast(moderator, sent.headers["Location"])

    assert undo(alan) == (
        "Undone. The comment by &lt;Alan&gt; is back: Needs review. Undo also: Jen. Approved."
    )
    assert undo(sam).startswith("Undone. The comment by Sam stays here: Needs review.")
    assert undo(jen) == "Undone. The comment by Jen is back: Needs review."
    assert toast(moderator, "/moderation/?undone=999&before=999") == ""


def test_comments_are_found_by_who_decided(app: Flask, moderator: Moderator) -> None:
    """Decisions that were undone do not count; people of other sites cannot be chosen."""
    with app.app_context(), transaction() as current:
        now = app.extensions["comments"].now()
        origins = ["https://other.example"]
        sites.ensure_site(current, key="other", name="Other", origins=origins, now=now)
    nora = Moderator(app, "Nora", site="default")
    Moderator(app, "Stranger", site="other")
    mine, hers, undone, both = (
        Guest(app, f"Reader {n}").say(f"maybe {n}").get_json()["id"] for n in range(4)
    )
    moderator.decide(mine, "spam")
    for comment in (hers, undone, both):
        nora.decide(comment, "spam")
    moderator.decide(both, "approve")
    with app.app_context():
        [decision] = session().scalars(select(Decision.id).where(Decision.comment_id == undone))
    nora.post(f"/moderation/decisions/{decision}/undo")
    page = nora.queue("all", decided_by=nora.id)
    assert texts(page) == ["maybe 3", "maybe 1"]
    assert "decided by: Nora" in page
    assert texts(nora.queue("all", decided_by=moderator.id)) == ["maybe 3", "maybe 0"]
    assert texts(nora.queue("all", decided_by=10**30)) == []
    assert "Nora" in choices(page)
    assert "Stranger" not in choices(page)
    assert "Stranger" in choices(moderator.queue())


def choices(page: str) -> str:
    found = re.search(r'<select name="decided_by">(.*?)</select>', page, re.DOTALL)
    assert found
    return found[1]
