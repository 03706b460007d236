"""Every signal is announced where it belongs, with exactly the payload of its type."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, get_type_hints

import pytest
from flask import Flask

from comment_service import events
from comment_service.actions.admin import backup
from comment_service.actions.filter import activate, retrain
from comment_service.actions.pages import edit_page, merge, split
from comment_service.actions.readers import erase_author
from comment_service.errors import SetupError
from comment_service.notify import worker
from comment_service.storage.admin import sites
from comment_service.storage.db import outbox
from comment_service.storage.db.session import transaction
from comment_service.storage.tables import Comment
from tests.fakes import FakeClock
from tests.people import Guest, Moderator, ruled

Heard = list[tuple[str, str, dict[str, Any]]]


@dataclass(frozen=True)
class Trained:
    promoted: bool
    card: dict[str, str] = field(
        default_factory=lambda: {"name": "site-default", "arrays_sha256": "0" * 64}
    )
    arrays: bytes = b""
    report: dict[str, Any] = field(
        default_factory=lambda: {"sentence": "Better.", "against": "fake-1"}
    )


@pytest.fixture
def heard() -> Iterator[Heard]:
    """Return every announcement: signal, site, payload; each is checked against its type."""
    found: Heard = []

    def listener(name: str) -> Any:
        def listen(sender: str, **payload: Any) -> None:
            found.append((name, sender, payload))

        return listen

    with ExitStack() as stack:
        kept = [(signal, listener(signal.name)) for signal in events.SIGNALS]
        for signal, listen in kept:
            stack.enter_context(signal.connected_to(listen))
        yield found
    for name, _sender, payload in found:
        hints = get_type_hints(events.PAYLOADS[name])
        assert set(payload) == set(hints), name
        for key, value in payload.items():
            assert isinstance(value, hints[key]), (name, key)
            assert not isinstance(value, bool) or hints[key] is bool, (name, key)


def names(heard: Heard) -> list[str]:
    return [name for name, _sender, _payload in heard]


def test_events_of_a_comment(lite: Flask, heard: Heard) -> None:
    ruled(lite, reactions="👍", reports_hold=2)
    guest = Guest(lite)
    one = guest.say("Thanks").get_json()["id"]
    assert names(heard) == ["comment_submitted", "comment_published"]
    held = Guest(lite).say("maybe").get_json()["id"]
    Guest(lite).say("casino")
    assert names(heard)[2:] == [
        "comment_submitted", "comment_held", "comment_submitted", "comment_filed",
    ]  # fmt: skip
    heard.clear()
    guest.like(one)
    guest.like()
    guest.post("/reactions", {**guest.page, "reaction": f"{one} 👍", "given": "1"})
    assert names(heard) == ["like_changed", "like_changed", "reaction_changed"]
    heard.clear()
    mod = Moderator(lite)
    mod.decide(held, "approve")
    mod.decide(held, "spam")
    mod.decide(held, "hold")
    assert names(heard) == [
        "comment_decided", "comment_published", "comment_decided", "comment_filed",
        "comment_decided", "comment_held",
    ]  # fmt: skip
    heard.clear()
    mod.post(f"/moderation/comments/{held}/edit", text="Other words")
    mod.post(f"/moderation/comments/{held}/erase")
    assert names(heard) == ["comment_edited", "comment_decided", "comment_deleted"]
    heard.clear()
    for _reader in range(4):
        Guest(lite).report(one)
    assert names(heard).count("comment_held") == 1
    assert names(heard)[0] == "comment_reported"


@pytest.mark.parametrize(
    ("removes", "name"), [(True, "comment_deleted"), (False, "comment_edited")]
)
def test_an_erased_author_is_announced_for_each_comment(
    lite: Flask, heard: Heard, removes: bool, name: str
) -> None:
    guest = Guest(lite)
    ids = [guest.say(f"Thanks {number}").get_json()["id"] for number in range(2)]
    other = Guest(lite, "Eve").say("Thanks too").get_json()["id"]
    heard.clear()
    with lite.app_context(), transaction() as current:
        erase_author.erase_author(
            session=current,
            runtime=lite.extensions["comments"],
            author=current.get_one(Comment, ids[0]).author,
            name="Deleted user",
            removes=removes,
        )
    told = sorted(payload["comment_id"] for _name, _site, payload in heard)
    assert (told, set(names(heard))) == (ids, {name})
    assert other not in told


def test_events_of_pages(lite: Flask, heard: Heard) -> None:
    one = Guest(lite).say("Thanks").get_json()["id"]
    Guest(lite).say("Thanks elsewhere", url="https://blog.example/other")
    heard.clear()
    state = lite.extensions["comments"]
    by = {"runtime": state, "actor": "Mod"}
    with lite.app_context(), transaction() as current:
        page_id = current.get_one(Comment, one).page_id
        edit_page.change_address(
            session=current, page_id=page_id, url="https://blog.example/new", **by
        )
    with lite.app_context(), transaction() as current:
        split.split(
            session=current, page_id=page_id, comment_ids=[one], url="https://blog.example/b", **by
        )
    with lite.app_context(), transaction() as current:
        merge.merge(session=current, page_id=2, into_id=page_id, **by)
    assert names(heard) == ["page_moved", "comments_moved", "pages_merged"]


@pytest.mark.parametrize("promoted", [True, False])
def test_events_of_a_model(lite: Flask, heard: Heard, promoted: bool) -> None:
    state = lite.extensions["comments"]
    with lite.app_context(), transaction() as current:
        site = sites.find(current, "default")
        assert site is not None
        stored = retrain.store_version(
            session=current, runtime=state, site_id=site.id, trained=Trained(promoted),
            newest_label=0, actor="Mod",
        )  # fmt: skip
    trained = {"model_id": stored.model_id, "promoted": promoted, "sentence": "Better."}
    assert heard[0] == ("model_trained", "default", trained)
    assert names(heard)[1:] == promoted * ["model_promoted"]
    if promoted:
        heard.clear()
        with lite.app_context(), transaction() as current:
            activate.promote(
                session=current, runtime=state, site_id=1, model_id="shipped", actor="Mod"
            )
        about = {"model_id": None, "before": stored.model_id, "actor": "Mod"}
        assert heard == [("model_promoted", "default", {**about, "reason": "promoted by hand"})]


@pytest.mark.parametrize("by_hand", [True, False])
def test_events_of_a_flood(lite: Flask, heard: Heard, clock: FakeClock, by_hand: bool) -> None:
    ruled(lite, burst_comments=3, shield_minutes=60)
    for number in range(4):
        Guest(lite).say(f"Number {number}")
    mod = Moderator(lite)
    assert names(heard).count("flood_began") == 1
    heard.clear()
    state = lite.extensions["comments"]
    if by_hand:
        mod.post("/moderation/shields/1/end")
    for minutes in (30, 31, 31):
        clock.forward(minutes=minutes)
        with lite.app_context():
            worker.deliver_due(state)
    ended = [payload["ended_by"] for name, _site, payload in heard if name == "flood_ended"]
    assert ended == (["Mod"] if by_hand else [""])


def test_a_failed_backup_is_announced_once(
    lite: Flask, heard: Heard, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_options: object) -> None:
        raise SetupError("The disk is full.")

    monkeypatch.setattr(backup, "make_backup", fail)
    state = lite.extensions["comments"]
    with lite.app_context():
        with transaction() as current:
            outbox.enqueue(current, backup.BACKUP, {}, clock.now)
        for _try in range(3):
            worker.deliver_due(state)
            clock.now += timedelta(hours=7)
    assert heard == [("backup_failed", "default", {"error": "The disk is full."})]
