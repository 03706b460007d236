"""Permissions: every moderation route, every role, and data of another site.

A route that is in no table of this file fails the tests: whoever adds one must say who may use it.
"""

import shutil
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import delete, select
from werkzeug.test import TestResponse

from comment_service.actions.admin import invitation
from comment_service.app import create_app
from comment_service.storage.admin import rights, sites, webhook_deliveries
from comment_service.storage.db.session import session, transaction
from comment_service.storage.pages import syndicated_threads
from comment_service.storage.tables import (
    ApiKey,
    AuthorNote,
    Comment,
    EmbedOrigin,
    ExternalCheck,
    Import,
    Page,
    PageAlias,
    SavedReply,
    Seat,
    Session,
    Shield,
    SpotCheck,
    SpotSample,
    Ticket,
    Webhook,
)
from comment_service.storage.tables.base import Base
from comment_service.text.syndication import post_address
from tests.conftest import MakeApp, build_app, close_app
from tests.fakes import FakeClassifier, FakeClock
from tests.people import Guest, Moderator

SECRET = "maybe the secret word"
OPEN = {
    "staff_login.sign_in",
    "staff_login.sign_in_post",
    "staff_login.sign_out",
    "staff_login.setup",
    "staff_login.setup_post",
    "staff_login.enter",
    "staff_login.enter_post",
    "staff_login.second",
    "staff_login.second_post",
    "staff_login.invited",
    "staff_login.accept",
    "mail_decision.show",
    "mail_decision.decide",
}
"""Routes for signing in and out, open to everyone."""
IN_PLACE = {
    "in_place_window.show",
    "in_place_window.confirm",
    "in_place.sign_in",
    "in_place.thread",
    "in_place.decide",
    "in_place.undo",
    "in_place.pin",
    "in_place.text",
    "in_place.edit",
    "in_place.close",
}
"""Routes of the widget on the blog's page, with a token: see test_in_place."""


@dataclass(frozen=True)
class Door:
    """A route with values that work for a person with permission."""

    path: str
    fields: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    method: str = "POST"


def get(path: str, **query: str) -> Door:
    return Door(path, query=query, method="GET")


COMMENT = "/moderation/comments/1"
PAGES = "/moderation/pages"
SAVED = {"name": "Thanks", "text": "Thank you."}
NAMED = {
    "moderation.comment": get(COMMENT),
    "moderation.decide": Door(f"{COMMENT}/decide", {"decision": "approve"}),
    "moderation.reply": Door(f"{COMMENT}/reply", {"text": "Thanks.", "key": "k" * 20}),
    "moderation.edit": Door(f"{COMMENT}/edit", {"text": "Other words."}),
    "moderation.judge_author": Door(f"{COMMENT}/author", {"mark": "block"}),
    "moderation.close_page": Door(f"{COMMENT}/page", {"closed": "1"}),
    "moderation.put_on_list": Door(
        f"{COMMENT}/list", {"kind": "word", "value": "x1", "status": "spam"}
    ),
    "moderation.pin": Door(f"{COMMENT}/pin", {"pinned": "0"}),
    "moderation.ask_erase": get(f"{COMMENT}/erase"),
    "moderation.erase": Door(f"{COMMENT}/erase"),
    "moderation.end_shield": Door("/moderation/shields/1/end"),
    "moderation.glance": Door(f"{COMMENT}/glance"),
    "moderation.add_note": Door(f"{COMMENT}/notes", {"note": "Rude before."}),
    "moderation.remove_note": Door(f"{COMMENT}/notes/1/remove"),
    "moderation.replies": get("/moderation/replies/", site="default"),
    "moderation.add_reply": Door("/moderation/replies/", SAVED, {"site": "default"}),
    "moderation.change_reply": Door("/moderation/replies/1", SAVED, {"site": "default"}),
    "moderation.remove_reply": Door("/moderation/replies/1/remove", {}, {"site": "default"}),
    "moderation.undo": Door("/moderation/decisions/1/undo"),
    "moderation.choose": Door("/moderation/batches", {"decision": "spam", "id": "1"}),
    "moderation.batch": get("/moderation/batches/1"),
    "moderation.go_on": Door("/moderation/batches/1/continue"),
    "moderation.undo_batch": Door("/moderation/batches/1/undo"),
    "moderation.judge": Door("/moderation/check/1/1", {"right": "1"}),
    "moderation.check": get("/moderation/check/", site="default"),
    "moderation.draw_check": Door("/moderation/check/draw", query={"site": "default"}),
    "moderation.week": get("/moderation/week/", site="default"),
    "moderation.first": get("/moderation/first", site="default"),
    "pages.show": get(f"{PAGES}/", site="default"),
    "pages.one": get(f"{PAGES}/1"),
    "pages.retitle": Door(f"{PAGES}/1/title", {"title": "Another title"}),
    "pages.move": Door(f"{PAGES}/1/address", {"url": "https://blog.example/new"}),
    "pages.add_alias": Door(f"{PAGES}/1/aliases", {"url": "https://blog.example/more"}),
    "pages.remove_alias": Door(f"{PAGES}/1/aliases/1/remove"),
    "pages.send": Door(f"{PAGES}/1/webmentions"),
    "pages.add_page": Door(
        f"{PAGES}/", {"url": "https://blog.example/new"}, query={"site": "default"}
    ),
    "pages.add_thread": Door(f"{PAGES}/1/threads", {"thread": "https://m.example/@a/2"}),
    "pages.remove_thread": Door(f"{PAGES}/1/threads/1/remove"),
    "pages.read_thread": Door(f"{PAGES}/1/threads/1/read"),
    "pages.find_threads": Door(f"{PAGES}/2/threads/find"),
    "pages.look": Door(f"{PAGES}/2/look"),
    "pages.preview": get(f"{PAGES}/1/merge", into="2"),
    "pages.merge": Door(f"{PAGES}/1/merge", {"into": "2"}),
    "pages.choose": get(f"{PAGES}/1/split"),
    "pages.split": Door(f"{PAGES}/1/split", {"url": "https://blog.example/b", "comment": "1"}),
    "embed_code.show": get("/moderation/snippet/", site="default"),
    "embed_code.preview": get("/moderation/snippet/preview", site="default"),
}
"""Routes that name a comment, decision, bulk action or site; another site's gives 404."""

LISTS = {"moderation.queue": "/moderation/all"}
"""Routes that list data: only of the moderator's own sites."""

PLAN = {"in": 1, "new": 1, "left_out": {}, "notes": {}, "statuses": {"published": 1}, "pages": [],
        "page_count": 0, "problems": [], "problem_count": 0, "origins": {}}  # fmt: skip
CAUSE = {"kind": "moderator", "moderator": "1", "since": "2020-01-01", "sure": "1"}
MODEL, RULES, IMPORT = "/moderation/model", "/moderation/rules", "/moderation/import"
HOOKS = "/moderation/webhooks"
SITES = "/moderation/sites"
OWNERS = {
    "filter.model": get(f"{MODEL}/"),
    "filter.all_versions": get(f"{MODEL}/versions"),
    "filter.version": get(f"{MODEL}/versions/shipped"),
    "filter.all_switches": get(f"{MODEL}/switches"),
    "filter.all_sources": get(f"{MODEL}/sources"),
    "filter.all_forgotten": get(f"{MODEL}/forgotten"),
    "filter.cell": get(f"{MODEL}/cells/pending/pending"),
    "filter.promote": Door(f"{MODEL}/promote", {"model": "shipped"}),
    "filter.rollback": Door(f"{MODEL}/rollback", {"model": "shipped"}),
    "filter.settle_threshold": Door(f"{MODEL}/careful", {"hold_at": "0.6"}),
    "filter.train": Door(f"{MODEL}/train"),
    "filter.progress": get(f"{MODEL}/progress"),
    "filter.export": get(f"{MODEL}/labels.jsonl"),
    "filter.forget": Door(f"{MODEL}/forget", {"source": "decision", "actor": "Here"}),
    "filter.remember": Door(f"{MODEL}/forgotten/1/undo"),
    "first_steps.show": get("/moderation/start/"),
    "first_steps.found": get("/moderation/start/found"),
    "first_steps.dismiss": Door("/moderation/start/dismiss"),
    "api_keys.show": get("/moderation/api-keys/"),
    "api_keys.create": Door("/moderation/api-keys/", {"name": "A program", "scope": "read"}),
    "api_keys.revoke": Door("/moderation/api-keys/1/revoke"),
    "webhooks.show": get(f"{HOOKS}/"),
    "webhooks.create": Door(
        f"{HOOKS}/",
        {"name": "One", "kind": "webhook", "url": "https://a.example/", "event": "page.moved"},
    ),
    "webhooks.one": get(f"{HOOKS}/1"),
    "webhooks.change": Door(
        f"{HOOKS}/1", {"name": "Two", "url": "https://a.example/", "event": "page.moved"}
    ),
    "webhooks.rotate": Door(f"{HOOKS}/1/rotate"),
    "webhooks.switch": Door(f"{HOOKS}/1/switch", {"on": "0"}),
    "webhooks.remove": Door(f"{HOOKS}/1/delete"),
    "webhooks.test": Door(f"{HOOKS}/1/test"),
    "webhooks.delivery": get(f"{HOOKS}/1/deliveries/1"),
    "webhooks.redeliver": Door(f"{HOOKS}/1/deliveries/1/redeliver"),
    "external_checks.show": get("/moderation/checked/"),
    "external_checks.decide": Door("/moderation/checked/1/decide", {"decision": "spam"}),
    "embed_check.show": get("/moderation/doctor/"),
    "embed_check.look": Door("/moderation/doctor/", {"url": "http://127.0.0.1:1/"}),
    "bulk_undo.show": get("/moderation/causes/"),
    "bulk_undo.take": Door("/moderation/causes/", CAUSE),
    "export.show": get("/moderation/export/"),
    "export.download": get("/moderation/export/file", format="csv"),
    "person.show": get("/moderation/person/"),
    "person.find": Door("/moderation/person/", {"address": "hidden@a.example"}),
    "person.download": Door("/moderation/person/file", {"address": "hidden@a.example"}),
    "person.erase": Door(
        "/moderation/person/erase",
        {"address": "hidden@a.example", "texts": "remove", "sure": "y"},
    ),
    "imports.show": get(f"{IMPORT}/"),
    "imports.receive": Door(f"{IMPORT}/", {"format": "disqus"}),
    "imports.fetch": Door(f"{IMPORT}/wordpress", {"url": "nothing"}),
    "imports.one": get(f"{IMPORT}/1"),
    "imports.progress": get(f"{IMPORT}/1/progress"),
    "imports.start": Door(f"{IMPORT}/1/start"),
    "imports.undo": Door(f"{IMPORT}/1/undo"),
    "imports.discard": Door(f"{IMPORT}/1/discard"),
    "rules.show": get(f"{RULES}/"),
    "rules.changes": get(f"{RULES}/changes"),
    "rules.blocklists": get(f"{RULES}/lists"),
    "rules.pages": get(f"{RULES}/pages"),
    "rules.settle": Door(f"{RULES}/", {"policy": "all"}),
    "rules.add": Door(f"{RULES}/lists", {"kind": "word", "status": "spam", "values": "x1"}),
    "rules.remove": Door(f"{RULES}/lists/remove", {"entry": "1"}),
    "rules.settle_page": Door(f"{RULES}/pages", {"url": "https://blog.example/post"}),
}
"""Routes for a site's owner."""

FEW = {
    "sites.ask_remove": get(f"{SITES}/1/remove"),
    "sites.rename": Door(f"{SITES}/1/name", {"name": "Another"}),
    "sites.add_origin": Door(f"{SITES}/1/origins", {"origin": "https://new.example"}),
    "sites.remove_origin": Door(f"{SITES}/1/origins/remove", {"origin": "https://blog.example"}),
    "sites.ignore_origin": Door(f"{SITES}/1/origins/ignore", {"origin": "https://x.example"}),
}
"""Routes about a site that its path names, for its owner; another site's gives 404."""

EVERYWHERE = {
    "sites.add": Door(f"{SITES}/", {"key": "third", "name": "Third"}),
    "sites.remove": Door(f"{SITES}/2/remove", {"typed": "Other"}),
}
"""Routes for owners of every site."""

PEOPLE = "/moderation/people"
HERE = {
    "team.revoke": Door(f"{PEOPLE}/invitations/{{ticket}}/revoke"),
    "team.change_role": Door(f"{PEOPLE}/seats/2/role", {"role": "owner"}),
    "team.remove": Door(f"{PEOPLE}/seats/2/remove"),
    "team.unlock": Door(f"{PEOPLE}/2/unlock"),
    "team.link": Door(f"{PEOPLE}/2/link"),
    "team.invite": Door(
        f"{PEOPLE}/invite", {"email": "new@a.example", "role": "owner", "where": "default"}
    ),
}
"""Routes about people of the owner's sites; people of other sites give 404."""

OWN_PEOPLE = {"team.show": f"{PEOPLE}/", "team.changes": f"{PEOPLE}/changes"}
OWN_SITES = {"sites.show": f"{SITES}/"}
"""A page that lists the sites that a moderator owns."""

ME = "/moderation/me"
MINE = {
    "my_account.show": get(f"{ME}/"),
    "my_account.rename": Door(f"{ME}/name", {"name": "Another"}),
    "my_account.change_password": Door(f"{ME}/password", {"new": "y" * 12, "again": "y" * 12}),
    "my_account.settle_mail": Door(f"{ME}/mail", {"held_mail": "none"}),
    "my_account.begin_second": Door(f"{ME}/second"),
    "my_account.confirm_second": Door(f"{ME}/second/confirm", {"code": "1"}),
    "my_account.end_second": Door(f"{ME}/second/off"),
    "my_account.end_session": Door(f"{ME}/sessions/1/end"),
    "my_account.end_sessions": Door(f"{ME}/sessions/end"),
}
"""Routes about the moderator's own account only."""

ALL = {**NAMED, **OWNERS, **FEW, **EVERYWHERE, **HERE, **MINE}


def test_every_moderation_route_has_a_permission() -> None:
    app = create_app({"COMMENTS_FOLDER": "instance/test", "COMMENTS_AUTO_MIGRATE": False,
                      "COMMENTS_ALLOW_VOLATILE": True, "COMMENTS_SECRET_KEY": "x",
                      "COMMENTS_DATABASE_URL": "sqlite://"})  # fmt: skip
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/moderation")]
    assert {rule.endpoint for rule in rules} == OPEN.union(
        IN_PLACE, ALL, LISTS, OWN_PEOPLE, OWN_SITES
    )
    bound = app.url_map.bind("localhost")
    for name, door in ALL.items():
        path = door.path.replace("{ticket}", "1")
        assert bound.match(path, method=door.method)[0] == name


@dataclass
class People:
    app: Flask
    owner: Moderator
    nobody: FlaskClient
    roles: dict[str, FlaskClient]


@pytest.fixture(scope="module")
def world(
    migrated: Path,
    tmp_path_factory: pytest.TempPathFactory,
    compiled: FileSystemBytecodeCache,
) -> tuple[Path, People]:
    """Return a folder with the database of :func:`populate`, to be copied, and its people."""
    folder = tmp_path_factory.mktemp("world")
    url = f"sqlite:///{shutil.copy(migrated, folder / 'test.sqlite3')}"
    app = build_app(url, folder, FakeClock(), FakeClassifier(), compiled)
    app.config["WTF_CSRF_ENABLED"] = False
    people = populate(app)
    close_app(app)
    return folder, people


@pytest.fixture
def people(world: tuple[Path, People], tmp_path: Path, make_app: MakeApp) -> People:
    """Return people of two sites; the first site has comments, a decision and a bulk action."""
    folder, known = world
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    app = make_app(f"sqlite:///{tmp_path / 'test.sqlite3'}")
    app.config["WTF_CSRF_ENABLED"] = False
    return deepcopy(known, {id(known.app): app})  # the same sessions, at the new app


def populate(app: Flask) -> People:
    with app.app_context(), transaction() as current:
        now = app.extensions["comments"].now()
        origins = ["https://other.example"]
        sites.ensure_site(current, key="other", name="Other", origins=origins, now=now)
    for words in (SECRET, f"{SECRET} again", f"{SECRET} once more"):
        assert Guest(app, "Hidden author").say(words).status_code == 201
    owner = Moderator(app, "Here", site="default")
    owner.decide(2, "spam")
    batch = {"csrf_token": owner.token, "decision": "spam", "id": ["3"]}
    owner.client.post("/moderation/batches", data=batch)
    with app.app_context(), transaction() as current:
        site = sites.find(current, "default")
        assert site is not None
        by = {"moderator_id": owner.id, "created_at": app.extensions["comments"].now()}
        author_id = current.get_one(Comment, 1).author_id
        current.add(AuthorNote(author_id=author_id, text=f"{SECRET} of a note", **by))
        current.add(SavedReply(site_id=site.id, name="Hello", text="Hello.", **by))
        check = SpotCheck(site_id=site.id, week="2026-W44", published=1, filed=0)
        check.created_at = app.extensions["comments"].now()
        current.add(check)
        current.flush()
        current.add(SpotSample(check_id=check.id, comment_id=1, was="published"))
        sites.add_to_list(current, site.id, kind="word", values=["casino"], status="spam",
                          actor="Here", now=app.extensions["comments"].now())  # fmt: skip
    with app.app_context(), transaction() as current:
        now = app.extensions["comments"].now()
        checked = {"state": "checked", "plan": PLAN, "created_at": now, "actor": "Here"}
        current.add(Import(site_id=1, file_name=f"{SECRET}.xml", **checked))
        current.add(
            PageAlias(
                site_id=1,
                page_id=1,
                url="https://blog.example/old",
                key="blog.example/old",
                created_at=now,
            )
        )
        sites.ensure_page(current, site_id=1, url="http://127.0.0.1:1/", title="", now=now)
        post = post_address("https://m.example/@a/1")
        assert post is not None
        syndicated_threads.new(current, current.get_one(Page, 1), post, now)
        key = ApiKey(site_id=1, name="A program", key_hash="h", hint="abcd", scopes=["akismet"])
        key.created_by, key.created_at = "Here", now
        row = ExternalCheck(site_id=1, key=key, guid="g", kind="comment", blog="b", text=SECRET)
        row.text_hash, row.answer, row.created_at = "h", "ham", now
        current.add(row)
        hook = Webhook(site_id=1, name="Hook", url="https://a.example/", kind="webhook", salt="s")
        hook.events, hook.created_by, hook.created_at = ["page.moved"], "Here", now
        current.add(hook)
        current.flush()
        webhook_deliveries.add_one(current, hook.id, "page.moved", {"to_url": SECRET}, now)
        seen = EmbedOrigin(site_id=1, origin="https://x.example", url="https://x.example/post")
        seen.first_at = seen.last_at = now
        current.add(seen)
        times = dict.fromkeys(("since", "began_at", "until"), app.extensions["comments"].now())
        current.add(Shield(site_id=1, page_id=1, comments=3, ended_by="", **times))
    roles = {
        "moderator": Moderator(app, "Helper", "moderator", "default").client,
        "other moderator": Moderator(app, "Far", "moderator", "other").client,
        "other owner": Moderator(app, "Further", "owner", "other").client,
    }
    return People(app, owner, app.test_client(), roles)


def use(client: FlaskClient, door: Door, **query: str) -> TestResponse:
    return client.open(
        door.path,
        method=door.method,
        data=door.fields or None,
        query_string={**door.query, **query},
        headers={"Accept": "application/json"},
    )


def everything(app: Flask) -> dict[str, list[Any]]:
    """Return the content of all tables except the time of last use."""
    with app.app_context():
        tables = [t for t in Base.metadata.sorted_tables if t.name != "comments_sessions"]
        return {t.name: [tuple(row) for row in session().execute(select(t))] for t in tables}


@pytest.mark.parametrize("name", sorted(NAMED))
def test_objects_of_another_site_are_404(people: People, name: str) -> None:
    door, before = NAMED[name], everything(people.app)
    for role in ("other moderator", "other owner"):
        answer = use(people.roles[role], door)
        assert answer.status_code == 404, f"{role}: {answer.status_code}"
        assert SECRET not in answer.get_data(as_text=True)
    assert use(people.nobody, door).status_code == 401
    assert everything(people.app) == before
    assert use(people.roles["moderator"], door).status_code < 400, "it works for who may"


@pytest.mark.parametrize("name", sorted(OWNERS))
def test_owner_pages_require_an_owner(people: People, name: str) -> None:
    door, before = OWNERS[name], everything(people.app)
    assert use(people.roles["other owner"], door, site="default").status_code == 404
    assert use(people.nobody, door, site="default").status_code == 401
    for role in ("other moderator", "moderator"):
        for query in ({}, {"site": "default"}, {"site": "other"}):
            assert use(people.roles[role], door, **query).status_code == 403, role
    assert everything(people.app) == before
    allowed = use(people.owner.client, door, site="default").status_code
    assert allowed not in {401, 403, 404}, "it works for who may"


@pytest.mark.parametrize("name", sorted(FEW))
def test_sites_of_another_owner_are_404(people: People, name: str) -> None:
    door, before = FEW[name], everything(people.app)
    assert use(people.roles["other owner"], door).status_code == 404
    assert use(people.nobody, door).status_code == 401
    for role in ("other moderator", "moderator"):
        assert use(people.roles[role], door).status_code == 403, role
    assert everything(people.app) == before
    assert use(people.owner.client, door).status_code < 400, "it works for who may"


@pytest.mark.parametrize("name", sorted(EVERYWHERE))
def test_only_owners_of_every_site_add_and_remove_sites(people: People, name: str) -> None:
    door, before = EVERYWHERE[name], everything(people.app)
    assert use(people.nobody, door).status_code == 401
    assert use(people.owner.client, door).status_code in {403, 404}
    for role in ("other owner", "other moderator", "moderator"):
        assert use(people.roles[role], door).status_code == 403, role
    assert everything(people.app) == before
    assert use(Moderator(people.app, "Everywhere").client, door).status_code < 400


def test_owners_see_their_own_sites(people: People) -> None:
    for path in OWN_SITES.values():
        page = people.roles["other owner"].get(path).get_data(as_text=True)
        mine = people.owner.client.get(path).get_data(as_text=True)
        assert 'value="https://other.example"' in page
        assert 'value="https://other.example"' not in mine
        assert 'value="https://blog.example"' in mine
        assert 'value="https://blog.example"' not in page
        for role in ("other moderator", "moderator"):
            assert people.roles[role].get(path).status_code == 403
        assert people.nobody.get(path).status_code == 302


@pytest.mark.parametrize("name", sorted(HERE))
def test_people_of_another_site_are_404(people: People, name: str) -> None:
    with people.app.app_context(), transaction() as current:
        state = people.app.extensions["comments"]
        invitation.invite(session=current, runtime=state, by=people.owner.id, name="", site_id=1,
                          email="a@b.example", role="moderator")  # fmt: skip
        ticket = current.scalars(select(Ticket.id).where(Ticket.purpose == "invite")).one()
    door = HERE[name]
    door = replace(door, path=door.path.replace("{ticket}", str(ticket)))
    before = everything(people.app)
    assert use(people.roles["other owner"], door).status_code in {404, 422}
    assert use(people.nobody, door).status_code == 401
    for role in ("other moderator", "moderator"):
        assert use(people.roles[role], door).status_code == 403
    assert everything(people.app) == before
    assert use(people.owner.client, door).status_code < 400, "it works for who may"


@pytest.mark.parametrize("path", sorted(OWN_PEOPLE.values()))
def test_owners_see_people_of_their_own_sites(people: People, path: str) -> None:
    page = people.roles["other owner"].get(path).get_data(as_text=True)
    assert "further@blog.example" in page
    for name in ("here@blog.example", "helper@blog.example"):
        assert name not in page
        assert name in people.owner.client.get(path).get_data(as_text=True)
    for role in ("other moderator", "moderator"):
        assert people.roles[role].get(path).status_code == 403
    assert people.nobody.get(path).status_code == 302


@pytest.mark.parametrize("name", sorted(MINE))
def test_account_routes_change_only_the_own_account(people: People, name: str) -> None:
    door = MINE[name]
    assert use(people.nobody, door).status_code == 401
    kept = "comments_moderators", "comments_people_changes"
    mine = [row for row in everything(people.app)[kept[0]] if row[0] == people.owner.id]
    use(people.roles["other owner"], door)
    assert [r for r in everything(people.app)[kept[0]] if r[0] == people.owner.id] == mine
    assert people.owner.client.get("/moderation/").status_code == 200, "no session was ended"


REPORTING = {
    "form": get("/report", comment="1"),
    "dialog": get("/report", comment="1", part="1"),
    "thanks": get("/report", comment="1", sent="1"),
    "thanks on its page": get("/report", comment="1", sent="1", site="default",
                              url="https://blog.example/post"),
    "sent": Door("/reports", {"comment": "1", "kind": "spam"}),
    "sent and sent": Door("/reports", {"comment": "1", "kind": "spam"}, {"sent": "1"}),
    "sent without a kind": Door("/reports", {"comment": "1", "kind": ""}, {"sent": "again"}),
}  # fmt: skip
"""Routes for reports, open to everyone."""


def test_every_report_route_is_tested(lite: Flask) -> None:
    rules = {r.rule for r in lite.url_map.iter_rules() if r.endpoint.startswith("reports.")}
    assert rules == {door.path for door in REPORTING.values()}


@pytest.mark.parametrize("status", ["pending", "spam", "rejected", "deleted"])
@pytest.mark.parametrize("name", sorted(REPORTING))
def test_reporters_see_only_public_comments(people: People, name: str, status: str) -> None:
    with people.app.app_context(), transaction() as current:
        current.get_one(Comment, 1).status = status
    for accept in ("text/html", "application/json"):
        door = REPORTING[name]
        sent = {"data": door.fields or None, "query_string": door.query}
        answer = people.nobody.open(
            door.path, method=door.method, headers={"Accept": accept}, **sent
        )
        page = answer.get_data(as_text=True)
        for leak in (SECRET, "Hidden author", "A post"):
            assert leak not in page
        assert answer.status_code == (200 if name == "thanks on its page" else 404)


QUERIES = ["", "q=secret", "page=1", "author=1", "campaign=1", "site=default", "sort=look",
           "sort=oldest", "decided=1", "batch=1", "before=1", "flood=1",
           "reason=first_comment"]  # fmt: skip


def test_queues_show_only_own_sites(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    people = populate(app)
    for query in QUERIES:
        for role in ("other moderator", "other owner"):
            for queue in ("", "spam", "published", "rejected", "all", "first"):
                asked = f"/moderation/{queue}?{query}"
                page = people.roles[role].get(asked).get_data(as_text=True)
                for leak in ("secret word", "Hidden author", "A post", "Taken back", "Filed as"):
                    assert leak not in page.replace('data-spam="Marked as spam."', ""), asked
                assert page.count('<span class="count">0</span>') in {6, 0}, asked
        mine = people.roles["moderator"].get(f"/moderation/all?{query}").get_data(as_text=True)
        assert "secret word" in mine or query == "flood=1", query


def test_two_sites_are_one_queue_in_order(app: Flask) -> None:
    """A moderator of two sites out of three sees both, merged and paged, with correct counts."""
    with app.app_context(), transaction() as current:
        now = app.extensions["comments"].now()
        for key in ("b", "c"):
            sites.ensure_site(
                current, key=key, name=key, origins=[f"https://{key}.example"], now=now
            )
    where = {"default": "https://blog.example/p", "b": "https://b.example/p",
             "c": "https://c.example/p"}  # fmt: skip
    for number in range(9):
        key = ("default", "b", "c")[number % 3]
        guest = Guest(app, f"Reader {number}")
        guest.page = {"site": key, "url": where[key], "title": "A post"}
        guest.say(f"maybe words number {number} of {key}")
    both = Moderator(app, "Both", "moderator", "default")
    with app.app_context(), transaction() as current:
        site = sites.find(current, "b")
        assert site is not None
        mine = current.scalar(select(Session.id).where(Session.moderator_id == both.id))
        rights.give_role(current, moderator_id=both.id, site_id=site.id, role="moderator",
                    now=app.extensions["comments"].now(), keep=mine)  # fmt: skip
    app.extensions["comments"].settings = _small(app, 4)
    first = both.queue()
    assert "of c<" not in first
    assert [first.index(f"number {n} of") for n in (7, 6, 4, 3)] == sorted(
        first.index(f"number {n} of") for n in (7, 6, 4, 3)
    )
    assert '<span class="count">6</span>' in first
    more = both.client.get(_next(first)).get_data(as_text=True)
    assert "number 1 of b" in more
    assert "number 0 of default" in more
    assert "of c<" not in more


def _small(app: Flask, size: int) -> Any:
    return replace(app.extensions["comments"].settings, page_size=size)


def _next(page: str) -> str:
    return page.split('id="further"><a href="')[1].split('"', maxsplit=1)[0].replace("&amp;", "&")


def test_bulk_action_stays_within_own_sites(people: People) -> None:
    far = people.roles["other moderator"]
    before = everything(people.app)["comments_comments"]
    whole = {"decision": "reject", "whole": "1", "sure": "1", "queue": "all", "query": ""}
    far.post("/moderation/batches", data={**whole, "sure": ""})
    assert far.post("/moderation/batches", data=whole).status_code == 303
    asked = far.post("/moderation/batches", data={**whole, "sure": "", "query": "site=default"})
    assert "0 comments" in asked.get_data(as_text=True)
    for query in ("site=default", "page=1", "sites=1", "q=secret"):
        far.post("/moderation/batches", data={**whole, "sure": "", "query": query})
        far.post("/moderation/batches", data={**whole, "query": query})
    mixed = {"decision": "spam", "id": ["1", "2", "999"]}
    assert far.post("/moderation/batches", data=mixed).status_code == 404
    assert everything(people.app)["comments_comments"] == before


def test_losing_all_roles_signs_out_at_once(people: People) -> None:
    with people.app.app_context(), transaction() as current:
        current.execute(delete(Seat).where(Seat.moderator_id == people.owner.id))
    assert people.owner.client.get("/moderation/").status_code == 302
