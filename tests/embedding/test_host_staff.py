"""A Flask host's own staff moderate without a second log-in, for as long as the host says."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask import session as host_session
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from comment_service import CommentService, HostUser
from comment_service.actions.admin import api_keys, invitation, login, sites, team, webhooks
from comment_service.app import prepare
from comment_service.errors import LinkExpired, NotAllowed
from comment_service.identity.host import STAFF_ROLES
from comment_service.storage import tables as t
from comment_service.storage.admin import people
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import recipients
from tests.embedding.test_hosts import HOST, HostGuest, host
from tests.fakes import FakeClassifier
from tests.people import csrf

HELD = "maybe this waits"


@dataclass
class Staff:
    """A host whose users sign in, and whose roles can change at any time."""

    app: Flask
    service: Flask
    roles: dict[str, str] = field(default_factory=dict)
    broken: bool = False
    marked: bool = False
    keys: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def browser(self, name: str = "") -> FlaskClient:
        client = self.app.test_client()
        if name:
            client.post(f"/sign-in/{name}")
        return client

    def held(self, url: str = f"{HOST}/post", site: str = "default") -> int:
        guest = HostGuest(self.app)
        guest.page["site"] = site
        said = guest.say(f"{HELD} {next(self.keys)}", url=url)
        assert said.get_json()["status"] == "pending"
        return int(said.get_json()["id"])


def made(app: Flask) -> Staff:
    staff = Staff(app, app)

    @app.post("/sign-in/<name>")
    def sign_in(name: str) -> str:
        host_session["user"] = name
        return "in"

    @app.get("/page")
    def page() -> str:
        return "<h1>The host's own page</h1>"

    def current() -> HostUser | None:
        if staff.broken:
            raise RuntimeError("the host's database is down")
        name = host_session.get("user")
        if name is None:
            return None
        return HostUser(
            id=name,
            name=name.title(),
            email="mod@blog.example",
            moderator=staff.marked,
            role=staff.roles.get(name, ""),
            log_out_url="/log-out",
        )

    service = CommentService(current_user=current)
    staff.service = service.init_app(app, classifier=FakeClassifier())
    prepare(staff.service)
    return staff


@pytest.fixture
def staff(tmp_path: Path) -> Staff:
    return made(host(tmp_path))


def queue(client: FlaskClient) -> TestResponse:
    return client.get("/comments/moderation/")


def decide(client: FlaskClient, comment: int, **more: str) -> TestResponse:
    """Decide as the page's own script does: with its token, from the host's origin."""
    token = csrf(queue(client))
    return client.post(
        f"/comments/moderation/comments/{comment}/decide",
        data={"csrf_token": token, "decision": "approve"},
        headers={"Accept": "application/json", "Origin": HOST, **more},
    )


def stored(staff: Staff) -> list[tuple[str, str | None]]:
    with staff.service.app_context():
        found = session().execute(select(t.Moderator.name, t.Moderator.host_id))
        return [(name, host_id) for name, host_id in found]


def test_staff_moderates_without_a_second_log_in(staff: Staff) -> None:
    comment = staff.held()
    staff.roles["ruth"] = "moderator"
    ruth = staff.browser("ruth")
    page = queue(ruth).get_data(as_text=True)
    assert HELD in page
    assert "Ruth" in page
    assert "/sign-out" not in page, "the host signs them out"
    assert decide(ruth, comment).get_json()["status"] == "published"
    assert stored(staff) == [("Ruth", "default:ruth")], "one row, however often they come"
    with staff.service.app_context():
        audit = session().scalars(select(t.PeopleChange)).one()
        assert (audit.change, audit.about["name"], audit.actor) == ("added", "Ruth", "the host")
        decision = session().scalars(select(t.Decision)).one()
        assert session().get_one(t.Moderator, decision.moderator_id).name == "Ruth"


def test_readers_and_guests_are_sent_to_the_sign_in(staff: Staff) -> None:
    for client in (staff.browser(), staff.browser("ada")):
        assert queue(client).status_code == 302
    assert stored(staff) == []


def test_the_role_follows_the_host_at_every_request(staff: Staff) -> None:
    staff.roles["ruth"] = "moderator"
    ruth = staff.browser("ruth")
    rules = "/comments/moderation/rules/"
    assert queue(ruth).status_code == 200
    assert ruth.get(rules).status_code == 403
    staff.roles["ruth"] = "owner"
    assert ruth.get(rules).status_code == 200
    staff.roles["ruth"] = "moderator"
    assert ruth.get(rules).status_code == 403
    del staff.roles["ruth"]
    comment = staff.held()
    assert queue(ruth).status_code == 302
    assert decide(ruth, comment).status_code in {400, 401}
    with staff.service.app_context():
        assert session().scalar(select(func.count()).select_from(t.Seat)) == 0
        changes = session().scalars(select(t.PeopleChange).order_by(t.PeopleChange.id))
        steps = [(one.change, one.about["from"], one.about["role"]) for one in changes]
    assert steps == [
        ("added", "", "moderator"),
        ("role", "moderator", "owner"),
        ("role", "owner", "moderator"),
        ("removed", "moderator", "moderator"),
    ]
    staff.roles["ruth"] = "owner"
    assert ruth.get(rules).status_code == 200
    assert len(stored(staff)) == 1


def test_a_removed_role_ends_with_the_form_that_was_open(staff: Staff) -> None:
    comment = staff.held()
    staff.roles["ruth"] = "moderator"
    ruth = staff.browser("ruth")
    token = csrf(queue(ruth))
    del staff.roles["ruth"]
    answer = ruth.post(
        f"/comments/moderation/comments/{comment}/decide",
        data={"csrf_token": token, "decision": "approve"},
        headers={"Accept": "application/json", "Origin": HOST},
    )
    assert answer.status_code == 401


def test_csrf_and_origin_are_checked_as_for_every_moderator(staff: Staff) -> None:
    comment = staff.held()
    staff.roles["ruth"] = "owner"
    ruth = staff.browser("ruth")
    path = f"/comments/moderation/comments/{comment}/decide"
    bare = ruth.post(path, data={"decision": "approve"}, headers={"Origin": HOST})
    assert bare.status_code == 400, "no token"
    assert decide(ruth, comment, Origin="https://evil.example").status_code == 401
    assert decide(ruth, comment).status_code == 200


def test_two_users_of_a_host_are_two_people(staff: Staff) -> None:
    staff.roles.update(ruth="moderator", olive="owner")
    ruth, olive = staff.browser("ruth"), staff.browser("olive")
    for client in (ruth, olive):
        assert queue(client).status_code == 200
    assert stored(staff) == [("Ruth", "default:ruth"), ("Olive", "default:olive")]
    ruth.set_cookie("session", olive.get_cookie("session").value)  # type: ignore[union-attr]
    assert "Olive" in queue(ruth).get_data(as_text=True), "the cookie of another user is that user"


def add_other_site(staff: Staff) -> None:
    with staff.service.app_context(), transaction() as current:
        state = staff.service.extensions["comments"]
        sites.add_site(
            session=current, runtime=state, by=None, key="other", name="Other", origins=[HOST]
        )


def test_the_role_is_that_of_the_hosts_site_alone(staff: Staff) -> None:
    add_other_site(staff)
    there, here = staff.held(site="other"), staff.held()
    staff.roles["ruth"] = "owner"
    ruth = staff.browser("ruth")
    assert decide(ruth, there).status_code == 404
    assert decide(ruth, here).status_code == 200
    assert "Other" not in ruth.get("/comments/moderation/sites/").get_data(as_text=True)


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_a_role_marks_comments_on_the_hosts_site_alone(staff: Staff, role: str) -> None:
    add_other_site(staff)
    staff.roles["ruth"] = role
    ruth = staff.browser("ruth")

    def says(site: str, moderates: bool) -> tuple[str, bool]:
        staff.marked = moderates
        guest = HostGuest(staff.app)
        guest.page["site"] = site
        fields = guest.fields(f"{HELD} {next(staff.keys)}", name="")
        said = ruth.post("/comments/comments", json=fields, headers={"Origin": HOST}).get_json()
        with staff.service.app_context():
            comment = session().get_one(t.Comment, said["id"])
            assert comment.page.site.key == site
            return comment.status, comment.by_moderator

    assert says("default", moderates=False) == ("published", True)
    assert says("other", moderates=False) == ("pending", False), "a reader like others there"
    assert says("other", moderates=True) == ("published", True), "`moderator` is for every site"


def test_two_hosts_on_one_database_keep_their_users_apart(tmp_path: Path) -> None:
    shared: dict[str, Any] = {"COMMENTS_DATABASE_URL": f"sqlite:///{tmp_path / 'shared.sqlite3'}"}
    one = made(host(tmp_path, "one", COMMENTS_SITE="one", **shared))
    two = made(host(tmp_path, "two", COMMENTS_SITE="two", **shared))
    one.roles["ruth"] = two.roles["ruth"] = "moderator"
    first, second = one.held(site="one"), two.held(site="two")
    ruth_of_one, ruth_of_two = one.browser("ruth"), two.browser("ruth")
    assert decide(ruth_of_one, second).status_code == 404
    assert decide(ruth_of_one, first).status_code == 200
    assert decide(ruth_of_two, first).status_code == 404
    assert decide(ruth_of_two, second).status_code == 200
    assert len(stored(one)) == 2


def test_an_equal_address_does_not_take_over_an_account(staff: Staff) -> None:
    with staff.service.app_context(), transaction() as current:
        state = staff.service.extensions["comments"]
        login.add_moderator(session=current, runtime=state, name="Mod", email="mod@blog.example")
    staff.roles["ruth"] = "moderator"
    ruth = staff.browser("ruth")  # her profile at the host has Mod's address
    page = queue(ruth).get_data(as_text=True)
    assert "Ruth" in page
    assert "Mod</bdi>" not in page
    assert ruth.get("/comments/moderation/rules/").status_code == 403
    assert len(stored(staff)) == 2


def test_account_page_says_that_the_host_signs_in(staff: Staff) -> None:
    staff.roles["ruth"] = "owner"
    ruth = staff.browser("ruth")
    shown = ruth.get("/comments/moderation/me/")
    page = shown.get_data(as_text=True)
    assert "The website signs you in" in page
    assert 'href="/log-out"' in page
    assert 'type="password"' not in page
    sent = {"csrf_token": csrf(queue(ruth)), "new": "a long password", "again": "a long password"}
    for path in ("password", "second", "name", "mail", "sessions/end"):
        answer = ruth.post(f"/comments/moderation/me/{path}", data=sent, headers={"Origin": HOST})
        assert answer.status_code == 403, path
    with staff.service.app_context():
        assert session().scalars(select(t.Moderator)).one().password_hash == ""


def test_nothing_outlives_the_role_at_the_host(staff: Staff) -> None:
    staff.roles.update(ruth="owner", olive="owner")
    ruth, olive = staff.browser("ruth"), staff.browser("olive")
    for client in (ruth, olive):
        queue(client)
    with staff.service.app_context():
        state, db = staff.service.extensions["comments"], session()
        one, two = db.scalars(select(t.Moderator).order_by(t.Moderator.id))
        site = db.scalars(select(t.Site)).one()
        with pytest.raises(NotAllowed):
            team.create_link(session=db, runtime=state, by=two.id, moderator_id=one.id)
        seat = db.scalars(select(t.Seat).where(t.Seat.moderator_id == one.id)).one()
        with pytest.raises(NotAllowed):
            team.change_role(
                session=db, runtime=state, by=two.id, seat_id=seat.id, role="moderator"
            )
        with pytest.raises(NotAllowed):
            api_keys.create(
                session=db, runtime=state, site_id=site.id, name="k", scopes=["read"], by=one.id
            )
        assert recipients.of_site(db, site.id, recipients.PREFERENCES) == []
        assert recipients.for_weekly_mail(db) == []
        assert people.find_moderator(db, "default:ruth") is None, "no command finds them"
        assert people.any_account(db) is False, "the set-up link stays valid"
    page = ruth.get("/comments/moderation/people/").get_data(as_text=True)
    assert "signed in by the website" in page
    assert "Sign-in link" not in page


def test_what_an_owner_set_up_outlives_the_role_and_open_invitations_do_not(staff: Staff) -> None:
    staff.roles.update(ruth="owner", olive="owner")
    ruth, olive = staff.browser("ruth"), staff.browser("olive")
    for client in (ruth, olive):
        queue(client)
    with staff.service.app_context(), transaction() as current:
        state = staff.service.extensions["comments"]
        site = current.scalars(select(t.Site)).one()
        owners = current.scalars(select(t.Moderator).order_by(t.Moderator.id)).all()
        links = {
            name: invitation.invite(
                session=current,
                runtime=state,
                by=owner.id,
                email=f"{name}@new.example",
                name=name,
                role="owner",
                site_id=site.id,
            )
            for owner, names in zip(owners, (("ann", "ben"), ("cleo",)), strict=True)
            for name in names
        }
        draft = webhooks.WebhookDraft(
            "One", "https://hooks.example/", "webhook", ["comment.held"], authorization=""
        )
        webhooks.create(
            session=current, runtime=state, by=owners[0].id, site_id=site.id, draft=draft
        )

    def accept(name: str) -> None:
        with staff.service.app_context(), transaction() as current:
            invitation.accept_new(
                session=current,
                runtime=state,
                token=links[name],
                name=name,
                password="a long password",
                browser="",
            )

    accept("ann")
    del staff.roles["ruth"]
    assert queue(ruth).status_code == 302
    with pytest.raises(LinkExpired):
        accept("ben")
    accept("cleo")  # Olive is still an owner
    with staff.service.app_context():
        seats = session().scalars(select(t.Seat.moderator_id))
        names = {session().get_one(t.Moderator, seat).name for seat in seats}
        assert names == {"Olive", "ann", "cleo"}, "the account that Ruth invited stays"
        assert session().scalars(select(t.Webhook)).one().created_by == "Ruth"


def test_an_owner_can_remove_who_left_the_host(staff: Staff) -> None:
    staff.roles["ruth"] = "moderator"
    queue(staff.browser("ruth"))
    with staff.service.app_context(), transaction() as current:
        state = staff.service.extensions["comments"]
        boss = login.add_moderator(session=current, runtime=state, name="Boss", email="b@b.example")
        seat = current.scalars(select(t.Seat).where(t.Seat.moderator_id != boss.id)).one()
        team.remove_role(session=current, runtime=state, by=boss.id, seat_id=seat.id)
        assert seat.moderator_id
    with staff.service.app_context():
        last = session().scalars(select(t.PeopleChange).order_by(t.PeopleChange.id.desc())).first()
        assert last is not None
        assert last.about == {"name": "Ruth", "role": "moderator"}


def test_a_failing_host_leaves_its_page_and_the_sign_in(
    staff: Staff, caplog: pytest.LogCaptureFixture
) -> None:
    staff.roles["ruth"] = "owner"
    ruth = staff.browser("ruth")
    assert queue(ruth).status_code == 200
    staff.broken = True
    assert queue(ruth).status_code == 302
    assert ruth.get("/post").status_code == 200
    assert ruth.get("/page").status_code == 200
    assert "the host's database is down" in caplog.text
    staff.broken = False
    assert queue(ruth).status_code == 200
    assert len(stored(staff)) == 1


def test_an_unknown_role_is_refused_and_named(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ValueError, match="moderator or owner"):
        HostUser(id="1", name="Ruth", role="admin")
    with pytest.raises(ValueError, match="no id"):
        HostUser(id="", name="Ruth", role="owner")


@pytest.mark.parametrize(("role", "badge"), [("moderator", "Moderator"), ("owner", "Owner")])
def test_a_role_marks_comments(staff: Staff, role: str, badge: str) -> None:
    staff.roles["ruth"] = role
    ruth = staff.browser("ruth")
    guest = HostGuest(staff.app)
    said = ruth.post(
        "/comments/comments", json=guest.fields("from staff", name=""), headers={"Origin": HOST}
    )
    assert said.get_json()["status"] == "published"
    badges = re.findall(r'class="comments-badge">(\w+)<', ruth.get("/post").text)
    assert badges == [badge]


def test_moderation_pages_are_not_kept_by_caches(staff: Staff) -> None:
    staff.roles["ruth"] = "moderator"
    for answer in (queue(staff.browser("ruth")), queue(staff.browser())):
        assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_long_id_is_a_person_too(staff: Staff) -> None:
    names = ["a" * 500, "a" * 499 + "b"]
    for name in names:
        staff.roles[name] = "moderator"
        assert queue(staff.browser(name)).status_code == 200
    assert len({host_id for _name, host_id in stored(staff)}) == 2


def test_staff_moderates_on_the_hosts_own_page(staff: Staff) -> None:
    comment = staff.held()
    staff.roles["ruth"] = "moderator"
    ruth, ada = staff.browser("ruth"), staff.browser("ada")
    assert "<comment-thread data-moderates>" in ruth.get("/post").get_data(as_text=True)
    for client in (ada, staff.browser()):
        assert "data-moderates" not in client.get("/post").get_data(as_text=True)
    path = f"/comments/moderation/in-place/comments/{comment}/decide"
    body = {"site": "default", "url": f"{HOST}/post", "decision": "approve"}
    assert ada.post(path, json=body, headers={"Origin": HOST}).status_code == 401
    assert ruth.post(path, json=body).status_code == 401, "no Origin, no cookie"
    evil = ruth.post(path, json=body, headers={"Origin": "https://evil.example"})
    assert evil.status_code == 403
    answer = ruth.post(path, json=body, headers={"Origin": HOST})
    assert answer.get_json()["status"] == "published"
    assert answer.headers["Cache-Control"] == "private, no-store"
    del staff.roles["ruth"]
    assert ruth.post(path, json=body, headers={"Origin": HOST}).status_code == 401


def test_no_token_outlives_the_role_at_the_host(staff: Staff) -> None:
    staff.roles["ruth"] = "owner"
    ruth = staff.browser("ruth")
    query = {"site": "default", "url": f"{HOST}/post", "challenge": "c" * 43}
    page = ruth.get("/comments/moderation/here/", query_string=query)
    assert page.status_code == 403
    assert "moderate on its own pages" in page.get_data(as_text=True)
