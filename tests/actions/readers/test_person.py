"""One person by address: found everywhere, exported whole, erased without a trace, nobody else."""

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from comment_service.actions.moderation import bulk
from comment_service.actions.readers import person
from comment_service.errors import DoesNotExist, InvalidFields
from comment_service.storage.admin import sites
from comment_service.storage.db import outbox
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import (
    Author,
    Batch,
    Comment,
    Label,
    OutboxRow,
    Page,
    PeopleChange,
    Site,
    Subscription,
    Ticket,
)
from comment_service.storage.tables.base import Base
from tests.people import Guest, Moderator
from tests.readers import Reader

ADDRESS = "Ada.Byron@example.org"
LOWER = ADDRESS.lower()
OTHER = "bob@example.org"


def everything(app: Flask) -> str:
    with app.app_context():
        found = [
            str(row)
            for table in Base.metadata.sorted_tables
            for row in session().execute(select(table))
        ]
        if session().get_bind().dialect.name == "sqlite":
            found += [str(row) for row in session().execute(text("SELECT * FROM comments_search"))]
        return "\n".join(found)


def subscription(app: Flask, site_id: int, page_id: int, email: str) -> Subscription:
    row = Subscription(site_id=site_id, page_id=page_id, email=email, address=email.lower())
    row.kind, row.asked_at = "page", app.extensions["comments"].now()
    return row


@pytest.fixture
def people(app: Flask) -> Flask:
    """Two sites; on each a guest under the address, and Bob; on the first also a mixed guest."""
    with app.app_context(), transaction() as current:
        now = app.extensions["comments"].now()
        origins = ["https://other.example"]
        sites.ensure_site(current, key="other", name="Other", origins=origins, now=now)
    ada = Guest(app, "Ada Byron")
    ada.say("Words of Ada here", email=ADDRESS, website="https://byron.example")
    ada.say("maybe more of Ada", email=ADDRESS.upper())
    bob = Guest(app, "Bob")
    bob.say("Words of Bob", email=OTHER)
    mixed = Guest(app, "Family computer")
    mixed.say("From the mother", email=ADDRESS)
    mixed.say("From the son", email="son@example.org")
    far = Guest(app, "Ada Byron")
    far.page = {"site": "other", "url": "https://other.example/p", "title": "P"}
    far.say("Ada on the other site", email=ADDRESS)
    Moderator(app, "Mod").decide(2, "spam")
    with app.app_context(), transaction() as current:
        pages = list(current.scalars(select(Page).order_by(Page.id)))
        for page in pages:
            for email in (ADDRESS, OTHER):
                current.add(subscription(app, page.site_id, page.id, email))
        about = {"site_id": 1, "email": ADDRESS}
        now = app.extensions["comments"].now()
        for number, site_id in enumerate((1, 2)):
            ticket = Ticket(token_hash=f"t{number}", purpose="email_link", created_at=now)
            ticket.about, ticket.expires_at = {**about, "site_id": site_id}, now
            current.add(ticket)
        state = app.extensions["comments"]
        hashed = state.keyed_hash("link address", LOWER)
        sent = outbox.enqueue(current, "email_link", {"ticket_id": 1, "address": hashed}, now)
        outbox.mark_delivered(sent, now)
        for value in (LOWER, OTHER):
            sites.add_to_list(current, 1, kind="email", values=[value], status="pending",
                              actor="Mod", now=now)  # fmt: skip
    return app


def site_of(key: str = "default") -> Site:
    return session().scalars(select(Site).where(Site.key == key)).one()


def find(app: Flask, address: str = ADDRESS, key: str = "default") -> person.PersonFound:
    with app.app_context():
        return person.find_person(session=session(), site_id=site_of(key).id, address=address)


def exported(app: Flask, address: str = ADDRESS, key: str = "default") -> dict[str, Any]:
    with app.app_context():
        parts = person.export_person(
            session=session(),
            runtime=app.extensions["comments"],
            site=site_of(key),
            address=address,
        )
        found: dict[str, Any] = json.loads("".join(parts))
        return found


def erase(app: Flask, address: str = ADDRESS, **more: Any) -> person.PersonFound:
    with app.app_context(), transaction() as current:
        return person.erase_person(
            session=current, runtime=app.extensions["comments"], site=site_of(), address=address,
            actor="Mod", **more,
        )  # fmt: skip


@pytest.mark.parametrize("spelling", [ADDRESS, LOWER, ADDRESS.upper()])
def test_found_in_any_spelling(people: Flask, spelling: str) -> None:
    found = find(people, spelling)
    assert [(one.author.id, one.comments) for one in found.authors] == [(1, 2)]
    assert (found.comments, found.subscriptions, found.entries) == (1, 1, 1)
    assert found.labels == 1
    assert not found.is_moderator
    assert find(people, "nobody@example.org").nothing
    assert find(people, "mod@blog.example").is_moderator


def test_export_has_everything_of_one_site_and_nobody_else(people: Flask) -> None:
    found = exported(people)
    words = json.dumps(found)
    for mine in ("Words of Ada here", "maybe more of Ada", "From the mother", "byron.example"):
        assert mine in words
    for others in ("Words of Bob", "From the son", "other site", OTHER, "son@"):
        assert others not in words
    assert [c["text"] for c in found["comments"]] == ["From the mother"]
    assert [c["status"] for c in found["authors"][0]["comments"]] == ["published", "spam"]
    assert found["subscriptions"][0]["email"] == ADDRESS
    assert found["training_examples"][0]["text"] == "maybe more of Ada"
    assert found["list_entries"][0]["value"] == LOWER
    assert "Ada on the other site" in json.dumps(exported(people, key="other"))


@pytest.mark.parametrize("removes", [True, False])
def test_erased_without_a_trace(people: Flask, removes: bool) -> None:
    erase(people, removes=removes)
    rest = everything(people)
    assert ("Words of Ada here" in rest) is not removes
    assert ("From the mother" in rest) is not removes
    with people.app_context():
        own = [
            row for table in Base.metadata.sorted_tables
            if {"email", "address"} & set(table.c.keys()) and "site_id" in table.c
            for row in session().execute(select(table).where(table.c.site_id == 1))
        ]  # fmt: skip
        assert LOWER not in str(own).lower()
        assert session().scalar(select(func.count()).select_from(Ticket)
                                .where(Ticket.purpose == "email_link")) == 1  # fmt: skip
        hashed = people.extensions["comments"].keyed_hash("link address", LOWER)
        payloads = list(session().scalars(select(OutboxRow.payload)))
        assert hashed not in str(payloads)
        labels = list(session().scalars(select(Label).where(Label.site_id == 1)))
        assert not [label for label in labels if label.email or label.url]
    for others in ("Words of Bob", OTHER, "From the son", "son@example.org"):
        assert others in rest
    assert exported(people, key="other")["authors"][0]["comments"][0]["email"] == ADDRESS
    assert find(people).nothing
    with people.app_context():
        family = session().scalars(select(Author).where(Author.name == "Family computer")).one()
        assert family.erased_at is None


def test_bulk_actions_forget_who_was_searched_for(people: Flask) -> None:
    """One under way forgets at its end: without its words it would decide about others."""
    searched = {
        "ADA": "", "ada.byron": "", "Byron": "", ADDRESS: "", "words of bob": "words of bob",
        OTHER: OTHER, "adamant": "adamant", "": "",
    }  # fmt: skip
    with people.app_context(), transaction() as current:
        now = people.extensions["comments"].now()
        common = {"moderator_id": 1, "decision": "approve", "expected": 1, "newest_id": 99,
                  "reached_id": 99, "created_at": now}  # fmt: skip

        def add(words: str, sites: list[int] | None = None, **more: Any) -> None:
            asked = {"queue": "pending", "sites": sites, "words": words}
            current.add(Batch(**{**common, "query": {"filter": asked}, "finished_at": now, **more}))

        for words in searched:
            add(words)
        add("Ada", [1])
        add("Ada of the other site", [2])
        add("Ada", finished_at=None)
        current.add(Batch(**common, query={"ids": [1]}, finished_at=now))
    erase(people)

    def left() -> list[Any]:
        with people.app_context():
            rows = session().scalars(select(Batch).order_by(Batch.id))
            return [row.query.get("filter", {}).get("words") for row in rows]

    assert left() == [*searched.values(), "", "Ada of the other site", "Ada", None]
    with people.app_context(), transaction() as current:
        bulk.step(
            session=current,
            runtime=people.extensions["comments"],
            moderator_id=1,
            batch_id=len(searched) + 3,
        )
    assert left()[-2:] == ["", None]


def test_blocklist_entry_stays(people: Flask) -> None:
    assert erase(people).entries == 1
    assert find(people).entries == 1


def test_audit_entry_names_no_address(people: Flask) -> None:
    erase(people)
    with people.app_context():
        row = (
            session()
            .scalars(select(PeopleChange).where(PeopleChange.change == "person_erased"))
            .one()
        )
        assert (row.actor, row.site_id) == ("Mod", 1)
        assert (row.about["authors"], row.about["comments"]) == (1, 3)
        state = people.extensions["comments"]
        assert row.about["person"] == state.keyed_hash("person", LOWER)
        assert LOWER not in str(row.about).lower()


def test_nothing_to_erase_changes_nothing(people: Flask) -> None:
    before = everything(people)
    with pytest.raises(DoesNotExist):
        erase(people, "nobody@example.org")
    assert everything(people) == before


def test_an_account_is_found_by_its_proven_address(app: Flask) -> None:
    ada = Reader(app, "Ada", email=ADDRESS)
    ada.guest.say("with an account")
    bob = Reader(app, "Bob", email=OTHER)
    bob.guest.say("another account", email=ADDRESS)
    found = find(app)
    assert [one.author.id for one in found.authors] == [ada.author_id]
    erase(app, removes=True)
    rest = everything(app)
    assert LOWER not in rest.lower()
    assert OTHER in rest
    with app.app_context():
        assert session().get_one(Author, bob.author_id).erased_at is None
        assert session().get_one(Author, ada.author_id).erased_at is not None


def test_public_threads_change_at_once(people: Flask) -> None:
    guest = Guest(people)
    assert "Words of Ada here" in guest.thread()
    erase(people, removes=True)
    page = guest.thread()
    assert "Words of Ada here" not in page and "From the mother" not in page
    assert "Words of Bob" in page
    with people.app_context():
        public = select(func.count()).where(Comment.page_id == 1, Comment.status == "published")
        assert session().get_one(Page, 1).comment_count == session().scalar(public)


@pytest.mark.parametrize("wrong", ["", "ada", "a@b", "a b@example.org", "a@x.example, b@x.example"])
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidFields):
        person.checked_address(wrong)
