"""The JSON API: every operation with keys of two sites, without scope and without a key."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from comment_service.actions.moderation import bulk
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import (
    ApiKey,
    Comment,
    Decision,
    ListEntry,
    Model,
    Seat,
    Site,
    SyndicatedThread,
)
from comment_service.web.api import views
from comment_service.web.api.operations import OPERATIONS, Operation
from tests.conftest import MakeApp
from tests.fakes import FakeClassifier, FakeClock
from tests.people import Guest, Moderator
from tests.web.api.programs import ALL, Program, make_key, program, two_sites

BODIES: Mapping[str, Any] = {
    "change_page": {"title": "New", "closed": False},
    "create_comment": {
        "url": "https://blog.example/post",
        "text": "One more",
        "author": {"name": "Bob"},
    },
    "add_post": {"url": "https://m.example/@ada/2"},
    "reply_to_comment": {"text": "Thank you"},
    "edit_comment": {"text": "Edited"},
    "decide_comment": {"decision": "approve"},
    "decide_comments": {"comment_ids": [1], "decision": "spam"},
    "change_rules": {"max_links": 5},
    "add_entries": {"kind": "word", "values": ["lottery"]},
    "score_text": {"text": "casino"},
    "roll_back_model": {},
}
"""The body of each operation that has one."""
OBJECTS = {
    "site_key": "default", "page_id": 1, "comment_id": 1, "decision_id": 1, "batch_id": 1,
    "entry_id": 1, "model_id": "m-1", "post_id": 1,
}  # fmt: skip
"""The objects of the site ``default`` that ``world`` makes."""


@pytest.fixture
def world(lite: Flask) -> Flask:
    """Two sites; on the first one of each object."""
    two_sites(lite)
    owner = program(lite, by=Moderator(lite, "Olga"))
    assert owner.say("Thanks a lot, maybe").status_code == 201
    assert owner.post("/batches", {"comment_ids": [1], "decision": "approve"}).status_code == 201
    assert owner.post("/lists", {"kind": "word", "values": ["pills"]}).status_code == 200
    post = {"url": "https://m.example/@ada/1"}
    assert owner.post("/pages/1/posts", post).status_code == 201
    with lite.app_context(), transaction() as current:
        now = lite.extensions["comments"].now()
        for number, state in enumerate(("candidate", "retired"), 1):
            row = Model(id=f"m-{number}", site_id=1, state=state, card={"name": "m"}, arrays=b"")
            row.report, row.created_at = {"sentence": "Better."}, now
            current.add(row)
        assert current.get(Decision, 1) is not None
        assert current.get(ListEntry, 1) is not None
    return lite


def path_of(operation: Operation, site: str = "") -> str:
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda name: str(OBJECTS[name[1]]), operation.path)
    query = {"get_thread": "url=https://blog.example/post"}.get(operation.name, "")
    more = f"site={site}" if site and takes_site(operation) else ""
    joined = "&".join(one for one in (query, more) if one)
    return f"{path}?{joined}" if joined else path


def takes_site(operation: Operation) -> bool:
    from comment_service.web.api.dispatch import signature

    return "site" in signature(operation.name).query.model_fields


def ask(one: Program, operation: Operation, site: str = "") -> Any:
    return one.call(operation.method, path_of(operation, site), BODIES.get(operation.name))


def test_a_key_with_the_scope_may(world: Flask) -> None:
    person = Moderator(world)
    usual = {"train_model": 400, "roll_back_model": 200}
    last = {"undo_decision": -2, "decide_comment": -1, "delete_comment": 1, "remove_entry": 1,
            "remove_post": 1}  # fmt: skip
    for operation in sorted(OPERATIONS, key=lambda one: last.get(one.name, 0)):
        one = program(world, scopes=[operation.scope], by=person)
        answer = ask(one, operation)
        assert answer.status_code == usual.get(operation.name, operation.status), answer.json
        assert "Access-Control-Allow-Origin" not in answer.headers
        cached = "private, no-cache" if operation.method == "GET" else "no-store"
        assert answer.headers["Cache-Control"] == cached, operation


def test_a_key_for_every_site_names_the_site(world: Flask) -> None:
    one = program(world, None, by=Moderator(world))
    for operation in filter(takes_site, OPERATIONS):
        answer = ask(one, operation)
        assert answer.status_code == 422, operation
        assert "site" in {problem["field"] for problem in answer.json["errors"]}
        answer = ask(one, operation, "default")
        assert answer.status_code in {operation.status, 400, 409}, operation
        assert ask(one, operation, "nowhere").status_code == 404, operation


def test_a_key_of_another_site_finds_nothing(world: Flask) -> None:
    one = program(world, "other", by=Moderator(world))  # who owns both sites
    before = counted(world)
    for operation in OPERATIONS:
        answer = ask(one, operation, "default")
        if operation.name == "list_sites":
            assert [site["key"] for site in answer.json["items"]] == ["other"]
            continue
        assert answer.status_code == 404, operation
        assert answer.json["status"] == 404
    assert counted(world) == before


def test_without_naming_the_site_a_key_sees_its_own_only(world: Flask) -> None:
    one = program(world, "other", by=Moderator(world))
    for operation in OPERATIONS:
        answer = ask(one, operation)
        if answer.status_code == 200 and operation.method == "GET":
            text = answer.get_data(as_text=True)
            for foreign in ("Thanks a lot", '"m-1"', "pills", '"site":"default"'):
                assert foreign not in text, operation


def test_a_key_without_the_scope_may_not(world: Flask) -> None:
    person, before = Moderator(world), counted(world)
    programs = {
        scope: program(world, scopes=[one for one in ALL if one != scope], by=person)
        for scope in ALL
    }
    for operation in OPERATIONS:
        answer = ask(programs[operation.scope], operation)
        assert (answer.status_code, answer.json["code"]) == (403, "scope_missing"), operation
        assert operation.scope in answer.json["detail"]
    assert counted(world) == before


def test_without_a_valid_key_nothing_is_answered(world: Flask) -> None:
    signed_in = Program(world, "")
    signed_in.client = Moderator(world).client
    revoked = program(world)
    with world.app_context(), transaction() as current:
        rows = current.scalars(select(ApiKey).order_by(ApiKey.id)).all()
        rows[-1].revoked_at = world.extensions["comments"].now()
    akismet = Program(world, make_key(world, scopes=["akismet"]))
    guest = Guest(world)
    guest.say("Hello there")
    before = counted(world)
    without = (Program(world, ""), Program(world, "cs_unknown"), Program(world, guest.token))
    for one in (*without, signed_in, revoked, akismet):
        for operation in OPERATIONS:
            answer = ask(one, operation)
            assert (answer.status_code, answer.json["code"]) == (401, "key_required"), operation
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert answer.mimetype == "application/problem+json"
    assert counted(world) == before


def test_a_key_does_not_do_more_than_the_person_for_whom_it_acts(world: Flask) -> None:
    """One with a role on the other site only, and one who is a moderator and no owner."""
    elsewhere = program_of_former(world, Moderator(world, "Elsa", site="other"))
    moderator = program_of_former(world, Moderator(world, "Mona", role="moderator", site="default"))
    before = counted(world)
    for operation in OPERATIONS:
        if operation.name == "list_sites":
            assert ask(elsewhere, operation).json["items"] == []
            assert len(ask(moderator, operation).json["items"]) == 1
        elif operation.scope in {"read", "moderate", "manage"}:
            assert ask(elsewhere, operation).status_code in {403, 404}, operation
        if operation.scope == "manage":
            assert ask(moderator, operation).status_code == 403, operation
        elif operation.scope == "read":
            assert ask(moderator, operation).status_code == 200, operation
    assert counted(world) == before


def program_of_former(app: Flask, person: Moderator) -> Program:
    """Return a program whose key was made when its person was an owner of everything."""
    key = make_key(app)
    with app.app_context(), transaction() as current:
        row = current.scalars(select(ApiKey).order_by(ApiKey.id.desc())).first()
        assert row is not None
        row.moderator_id = person.id
    return Program(app, key)


def counted(app: Flask) -> list[object]:
    """Return what no refused call may change."""
    with app.app_context():
        site = session().get_one(Site, 1)
        comments = session().scalars(select(Comment).order_by(Comment.id))
        found = [(one.id, one.status, one.text) for one in comments]
        entries = len(session().scalars(select(ListEntry)).all())
        decisions = len(session().scalars(select(Decision)).all())
        posts = [(one.url, one.removal) for one in session().scalars(select(SyndicatedThread))]
        return [found, entries, decisions, posts, site.model_id, dict(site.rules)]


def test_a_removed_moderators_key_stops_to_decide(world: Flask) -> None:
    person = Moderator(world, "Rita")
    one = program(world, by=person)
    assert one.post("/comments/1/decisions", {"decision": "hold"}).status_code == 201
    with world.app_context(), transaction() as current:
        for seat in current.scalars(select(Seat).where(Seat.moderator_id == person.id)):
            current.delete(seat)
    answer = one.post("/comments/1/decisions", {"decision": "approve"})
    assert (answer.status_code, answer.json["code"]) == (403, "not_allowed")
    assert one.get("/comments").status_code == 403
    assert one.say("A program can still write").status_code == 201


def test_the_operators_key_changes_rules_but_decides_nothing(world: Flask) -> None:
    one = program(world)
    assert one.call("PATCH", "/rules", {"max_links": 9}).json["max_links"] == 9
    answer = one.post("/comments/1/decisions", {"decision": "spam"})
    assert answer.status_code == 403 and "--moderator" in answer.json["detail"]


def test_a_batch_of_two_sites_is_not_there_for_a_key_of_one(world: Flask) -> None:
    person = Moderator(world)
    everywhere = program(world, None, by=person)
    other = everywhere.say("On the other site", "other", url="https://other.example/a").json["id"]
    body = {"comment_ids": [1, other], "decision": "spam"}
    batch = everywhere.post("/batches", body).json["id"]
    for site in ("default", "other"):
        one = program(world, site, by=person)
        assert one.get(f"/batches/{batch}").status_code == 404
        assert one.post(f"/batches/{batch}/undo").status_code == 404
        assert one.post("/batches", body).status_code == 404
    assert everywhere.post(f"/batches/{batch}/undo").json["undone"] == 2


def test_a_bulk_action_is_done_when_it_is_answered(
    lite: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BATCH_SIZE", 5)  # as many as one step decides
    one = program(lite, by=Moderator(lite))
    ids = [one.say(f"Number {n}", name=f"N {n}").json["id"] for n in range(5)]
    done = one.post("/batches", {"comment_ids": ids, "decision": "spam"})
    assert (done.json["chosen"], done.json["decided"]) == (5, 5)
    assert done.json["finished_at"]
    undone = one.post(f"/batches/{done.json['id']}/undo").json
    assert undone["undone"] == 5 and undone["undone_at"]
    assert len(one.get("/comments").json["items"]) == 5
    many = {"comment_ids": list(range(1, 102)), "decision": "spam"}
    assert one.post("/batches", many).status_code == 422
    assert one.post("/batches", {**many, "comment_ids": [*ids, 999]}).status_code == 404


def test_a_comment_is_screened_and_idempotent(lite: Flask, classifier: FakeClassifier) -> None:
    one = program(lite, scopes=["comment"])
    key = {"headers": {"Idempotency-Key": "call 1"}}
    first = one.say("Well, maybe not", **key)
    assert (first.status_code, first.json["status"]) == (201, "pending")
    again = one.say("Well, maybe not", **key)
    assert (again.status_code, again.json["id"]) == (200, first.json["id"])
    other = one.say("Another text", **key)
    assert (other.status_code, other.json["code"]) == (409, "key_reused")
    assert program(lite, scopes=["comment"]).say("Another text", **key).status_code == 201
    assert one.say("The casino is open").json["status"] == "spam"
    assert one.say("x", headers={"Idempotency-Key": "k" * 256}).status_code == 422
    assert one.say("Hi", url="https://unknown.example/").json["code"] == "origin_unknown"
    assert one.say("Hi", author={"name": "A", "ip": "here"}).json["errors"][0]["field"] == (
        "author.ip"
    )


def test_the_programs_person_has_one_author_and_needs_no_guests(lite: Flask) -> None:
    owner = program(lite, by=Moderator(lite))
    assert owner.call("PATCH", "/rules", {"guests": False}).status_code == 200
    assert owner.say("As a guest").json["code"] == "account_required"
    author = {"name": "Ann", "id": "user-7", "email": "ann@mail.example", "ip": "198.51.100.7"}
    ids = [owner.say(f"Text {n}", author=author).json["id"] for n in range(2)]
    mallory = program(lite)
    ids.append(mallory.say("Text 3", author=author).json["id"])
    with lite.app_context():
        authors = [session().get_one(Comment, one).author_id for one in ids]
        network = session().get_one(Comment, ids[0]).network
    assert authors[0] == authors[1] != authors[2]
    assert network and "198.51" not in network


def test_a_blocked_author_is_held_for_programs_too(lite: Flask) -> None:
    one = program(lite, by=Moderator(lite))
    author = {"name": "Ann", "id": "user-7"}
    first = one.say("Text 1", author=author).json["id"]
    with lite.app_context(), transaction() as current:
        current.get_one(Comment, first).author.blocked_at = lite.extensions["comments"].now()
    assert one.say("Text 2", author=author).json["status"] != "published"


def test_decisions_are_undone_and_conflicts_are_told(world: Flask) -> None:
    one = program(world, by=Moderator(world, "First"))
    two = program(world, by=Moderator(world, "Second"))
    seen = one.get("/queue?status=published").json["items"][0]
    assert seen["decision"]["by"] == "Olga"
    done = two.post("/comments/1/decisions", {"decision": "spam", "note": "an advert"}).json
    late = one.post("/comments/1/decisions", {"decision": "hold", "expected": seen["state"]})
    assert (late.status_code, late.json["code"]) == (409, "decided_before")
    shown = one.get("/queue?status=spam").json["items"][0]
    assert (shown["decision"]["note"], shown["decision"]["by"]) == ("an advert", "Second")
    assert one.post(f"/decisions/{done['id']}/undo").json["to_status"] == "published"
    assert one.post(f"/decisions/{done['id']}/undo").status_code == 409


def test_a_key_that_only_reads_knows_published_and_pending_comments(world: Flask) -> None:
    owner, reader = program(world, by=Moderator(world)), program(world, scopes=["read"])
    spam = owner.say("The casino is open").json["id"]
    assert reader.get(f"/comments/{spam}").status_code == 404
    assert owner.get(f"/comments/{spam}").status_code == 200
    assert reader.get("/comments?status=spam").status_code == 422
    assert "email" not in reader.get("/comments/1").json


def test_the_thread_hides_what_is_not_public(world: Flask) -> None:
    one = program(world, by=Moderator(world))
    reply = one.say("A reply", parent_id=1).json["id"]
    secret = one.say("It is maybe a pending reply", parent_id=1).json
    assert secret["status"] == "pending"
    one.post("/comments/1/decisions", {"decision": "reject"})
    thread = one.get("/pages/1/comments").json
    (root,) = thread["items"]
    assert (root["status"], root["text"], root["author"]["name"]) == ("deleted", "", "")
    assert [one["id"] for one in root["first_replies"]] == [reply]
    assert one.get("/thread?url=https://blog.example/post/").json["items"][0]["id"] == 1
    assert one.get("/thread?url=https://blog.example/none").status_code == 404
    replies = one.get("/comments/1/replies").json
    assert [one["id"] for one in replies["items"]] == [reply] and replies["next"] is None
    assert one.get(f"/comments/{reply}/replies").status_code == 422


LISTS = {
    "/comments?": 7,
    "/queue?status=published&": 7,
    "/pages?": 7,
    "/pages/1/comments?sort=newest&": 1,
    "/pages/1/comments?sort=best&": 1,
    "/comments/1/replies?": 3,
    "/lists?": 4,
    "/models?": 2,
    "/team?": 2,
}


def test_a_list_is_read_part_by_part(world: Flask) -> None:
    one = program(world, by=Moderator(world))
    for number in range(6):
        one.say(f"Text {number}", name=f"N {number}", url=f"https://blog.example/{number}")
        if number < 3:
            one.say(f"Reply {number}", name=f"R {number}", parent_id=1)
    one.post("/lists", {"kind": "domain", "values": ["a.example", "b.example", "c.example"]})
    for path, least in LISTS.items():
        _read_part_by_part(one, path, least)


def _read_part_by_part(one: Program, path: str, least: int) -> None:
    whole = [row.get("id", row.get("email")) for row in one.get(f"{path}limit=100").json["items"]]
    assert len(whole) >= least and len(set(whole)) == len(whole)
    found: list[Any] = []
    following: str | None = f"{path}limit=1"
    while following:
        answer = one.get(following)
        found += [row.get("id", row.get("email")) for row in answer.json["items"]]
        assert bool(answer.json["next"]) == ("Link" in answer.headers)
        link = re.fullmatch(r'<(\S+)>; rel="next"', answer.headers.get("Link", ""))
        following = link[1].removeprefix("/api/v1") if link else None
    assert found == whole


def test_etags_save_what_has_not_changed(world: Flask) -> None:
    one = program(world, by=Moderator(world))
    for path in ("/comments/1", "/pages/1/comments", "/pages/1", "/rules"):
        first = one.get(path)
        same = one.get(path, **{"If-None-Match": first.headers["ETag"]})
        assert (same.status_code, same.data) == (304, b"")
    tag = one.get("/pages/1/comments").headers["ETag"]
    one.say("A new one")
    assert one.get("/pages/1/comments", **{"If-None-Match": tag}).status_code == 200


def test_the_limit_is_told_and_kept_per_key(world: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "CALLS", 3)
    one, two = program(world), program(world)
    for left in (2, 1, 0):
        answer = one.get("/sites")
        assert answer.headers["RateLimit-Policy"] == '"calls";q=3;w=60'
        assert answer.headers["RateLimit"].startswith(f'"calls";r={left};t=')
    over = one.get("/sites")
    assert (over.status_code, over.json["code"]) == (429, "too_often")
    assert 0 < int(over.headers["Retry-After"]) <= 61
    assert two.get("/sites").status_code == 200


def test_the_use_of_a_key_is_noted(world: Flask, clock: FakeClock) -> None:
    one = program(world)
    with world.app_context():
        assert session().scalars(select(ApiKey.used_at).order_by(ApiKey.id.desc())).first() is None
    one.get("/sites")
    with world.app_context():
        used = session().scalars(select(ApiKey.used_at).order_by(ApiKey.id.desc())).first()
    assert used == clock.now


ERRORS = (
    ("GET", "/nothing", 404),
    ("GET", "/comments/0", 404),
    ("GET", "/comments/99999999999999999999", 404),
    ("PUT", "/sites", 405),
    ("TRACE", "/sites", 405),
    ("GET", "/comments?limit=0", 422),
    ("GET", "/comments?limit=1_0", 422),
    ("GET", "/comments?limit=2&limit=3", 422),
    ("GET", "/comments?nothing=1", 422),
    ("GET", "/comments?since=12", 422),
    ("GET", "/comments?since=2026-01-01", 422),
    ("GET", "/comments?since=0001-01-01T00:00:00Z", 422),
    ("GET", "/comments?cursor=x", 422),
    ("GET", "/sites?site=default", 422),
    ("GET", "/thread?url=pin", 422),
    ("GET", "/models/a%00b", 404),
    ("GET", "/sites/a%00b", 404),
    ("POST", "/score", 415),
    ("POST", "/comments/1/decisions", 415),
)


def test_every_error_is_problem_details(world: Flask) -> None:
    one = program(world, by=Moderator(world))
    for method, path, status in ERRORS:
        _check_problem(one.call(method, path), status)


def _check_problem(answer: Any, status: int) -> None:
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == status
    assert {"type", "title", "detail", "code"} <= answer.json.keys()
    assert answer.headers["Cache-Control"] == "no-store"
    assert (status == 405) == ("Allow" in answer.headers)
    assert (status == 422) == ("errors" in answer.json)


WRONG_BODIES = (
    (b"", ""),
    (b"[]", ""),
    (b'{"text": "x", "new": 1}', "new"),
    (b'{"text": 1}', "text"),
    (b'{"text": ""}', "text"),
    (b'{"text": "\\ud800"}', ""),
    (b'{"text": null}', "text"),
    (b"\xff", ""),
    (b"[" * 100_000, ""),
)


def test_a_wrong_body_names_the_field(lite: Flask) -> None:
    one = program(lite)
    headers = {"Authorization": f"Bearer {one.key}", "Content-Type": "application/json"}
    for body, field in WRONG_BODIES:
        answer = one.client.post("/api/v1/score", data=body, headers=headers)
        assert answer.status_code in {413, 422}
        if answer.status_code == 422:
            assert field in {problem["field"] for problem in answer.json["errors"]}, body


def test_a_database_that_fails_and_a_bug_are_problems_too(
    world: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    from comment_service.web.api import dispatch

    world.testing = False
    one = program(world)
    for error, status in ((OperationalError("x", {}, Exception()), 503), (KeyError("x"), 500)):

        def fails(*_any: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(dispatch, "answer", fails)
        answer = one.get("/sites")
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
        assert ("Retry-After" in answer.headers) == (status == 503)


def test_a_filter_without_a_model_is_503(world: Flask, classifier: FakeClassifier) -> None:
    classifier.fails = True
    answer = program(world).post("/score", {"text": "x"})
    assert (answer.status_code, answer.json["code"]) == (503, "filter_unavailable")


def test_scoring_stores_nothing(world: Flask) -> None:
    one, before = program(world, scopes=["score"]), counted(world)
    score = one.post("/score", {"text": "The casino is open", "ip": "203.0.113.1"}).json
    assert (score["status"], score["probability"], score["hold_at"]) == ("spam", 0.99, 0.5)
    assert {reason["name"] for reason in score["reasons"]} >= {"model", "words"}
    assert counted(world) == before


def test_rules_are_changed_one_by_one_and_null_follows_the_installation(world: Flask) -> None:
    one = program(world, by=Moderator(world))
    default = one.get("/rules").json
    assert one.call("PATCH", "/rules", {"max_links": 9, "reactions": "👍 👍"}).status_code == 200
    changed = one.call("PATCH", "/rules", {"policy": "all"}).json
    assert changed == {**default, "max_links": 9, "reactions": "👍", "policy": "all"}
    assert one.call("PATCH", "/rules", {"max_links": None}).json["max_links"] == 2
    for wrong in (
        {"max_links": 101},
        {"policy": "none"},
        {"hold_at": 0.9, "spam_at": 0.5},
        {"rate_minute": 1000, "rate_hour": 10},
        {"reactions": "no emoji"},
        {"guests": "yes"},
    ):
        assert one.call("PATCH", "/rules", wrong).status_code == 422, wrong
    assert one.get("/rules").json["max_links"] == 2
    assert program(world, "other").get("/rules").json == default


def test_browsers_of_other_sites_are_told_nothing(world: Flask) -> None:
    one = program(world)
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    preflight = one.call("OPTIONS", "/sites", **asked)
    answer = one.get("/sites", Origin="https://evil.example")
    for found in (preflight, answer):
        assert not [name for name, _value in found.headers if name.startswith("Access-Control")]


def test_models_are_promoted_and_rolled_back(world: Flask) -> None:
    one = program(world, by=Moderator(world, "Olaf"))
    assert one.get("/models/m-1").json["card"] == {"name": "m"}
    one.post("/models/m-1/promote")
    assert one.get("/models/active").json["id"] == "m-1"
    assert one.post("/models/rollback", {}).json["id"] == "shipped"
    assert one.post("/models/rollback", {"model_id": "m-2"}).status_code == 409


def test_a_text_that_was_changed_meanwhile_is_not_replaced(world: Flask, clock: FakeClock) -> None:
    one = program(world, by=Moderator(world))
    read = one.get("/comments/1").json
    assert read["edited_at"] is None
    assert (
        one.call("PATCH", "/comments/1", {"text": "First", "if_edited_at": None}).status_code == 200
    )
    clock.now += timedelta(seconds=5)
    late = one.call("PATCH", "/comments/1", {"text": "Late", "if_edited_at": read["edited_at"]})
    assert (late.status_code, late.json["code"]) == (409, "edited_before")
    now = one.get("/comments/1").json
    assert now["text"] == "First"
    again = {"text": "Second", "if_edited_at": now["edited_at"]}
    for _ in range(2):  # the first answer may be lost
        clock.now += timedelta(seconds=5)
        assert one.call("PATCH", "/comments/1", again).json["text"] == "Second"
    assert one.call("PATCH", "/comments/1", {"text": "Third"}).json["text"] == "Third"


def test_posts_of_a_page_are_listed_added_and_removed(world: Flask) -> None:
    one = program(world, by=Moderator(world))
    added = one.post("/pages/1/posts", {"url": "https://m.example/@ada/2"}).json
    assert (added["service"], added["page_id"], added["read_at"]) == ("mastodon", 1, None)
    again = one.post("/pages/1/posts", {"url": "https://m.example/@ada/2"}).json
    assert again["id"] == added["id"]
    for spelling in ("@ada/2/", "@ada/2?x=1", "users/ada/statuses/2", "web/@ada/2", "statuses/2"):
        same = one.post("/pages/1/posts", {"url": f"https://m.example/{spelling}"}).json
        assert same["id"] == added["id"], spelling
    other = one.post("/pages/1/posts", {"url": "https://other.example/@ada/2"}).json
    assert other["id"] != added["id"]
    assert one.call("DELETE", f"/pages/1/posts/{other['id']}").status_code in {200, 204}
    refused = one.post("/pages/1/posts", {"url": "https://m.example/about"})
    assert refused.status_code == 422
    assert [problem["field"] for problem in refused.json["errors"]] == ["url"]
    other = one.post("/comments", {**BODIES["create_comment"], "url": "https://blog.example/b"})
    page = other.json["page_id"]
    assert one.get(f"/pages/{page}/posts").json["items"] == [], "posts of another page"
    path = f"/pages/1/posts/{added['id']}"
    assert one.call("DELETE", f"/pages/{page}/posts/{added['id']}").status_code == 404
    assert one.call("DELETE", f"{path}?keep_replies=false").status_code == 204
    with world.app_context():
        row = session().get_one(SyndicatedThread, added["id"])
        assert row.removal == "withdraw"
    left = [post["url"] for post in one.get("/pages/1/posts").json["items"]]
    assert left == ["https://m.example/@ada/1"]
    assert one.call("DELETE", path).status_code == 404


def test_times_are_utc(world: Flask) -> None:
    found = json.dumps(program(world, by=Moderator(world)).get("/queue?status=all").json)
    times = re.findall(r'"\w+_at": "(.+?)"', found)
    assert times and all(time.endswith("Z") for time in times)


def test_two_processes_count_alike(make_app: MakeApp, sqlite_url: str) -> None:
    """A key made by one process is valid in another."""
    first, second = make_app(sqlite_url), make_app(sqlite_url)
    key = make_key(first)
    assert Program(second, key).get("/sites").status_code == 200
