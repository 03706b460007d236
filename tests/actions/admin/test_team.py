"""Second factor, locks, invitations, roles, sessions: who gets access, and who loses it."""

import re

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from comment_service.actions.admin import login, second_factor
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Moderator as Row
from comment_service.storage.tables import PeopleChange, Seat
from tests.fakes import FakeClock
from tests.people import Moderator

PASSWORD = "a long sentence"
RIGHT = {"login": "olive@blog.example", "password": PASSWORD}
ME = "/moderation/me"
PEOPLE = "/moderation/people"


@pytest.fixture
def app(app: Flask) -> Flask:
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@pytest.fixture
def olive(app: Flask) -> FlaskClient:
    """Return the browser of an owner with a password."""
    return signed_in(app, "Olive")


def signed_in(app: Flask, name: str, role: str = "owner", site: str = "") -> FlaskClient:
    with app.app_context(), transaction() as current:
        where = sites.find(current, site) if site else None
        login.add_moderator(
            session=current,
            runtime=app.extensions["comments"],
            name=name,
            email=f"{name.lower()}@blog.example",
            password=PASSWORD,
            role=role,
            site_id=where.id if where else None,
        )
    client = app.test_client()
    assert enter(client, {**RIGHT, "login": f"{name.lower()}@blog.example"}).status_code == 303
    return client


def enter(client: FlaskClient, fields: dict[str, str]) -> TestResponse:
    return client.post("/moderation/sign-in", data=fields)


def text(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def turn_on(client: FlaskClient, clock: FakeClock) -> tuple[pyotp.TOTP, list[str]]:
    """Turn the second factor on; return the authenticator app and the recovery codes."""
    client.post(f"{ME}/second", data={"second_password": PASSWORD})
    page = text(client.get(f"{ME}/"))
    assert "<svg" in page
    assert "style=" not in page
    secret = re.findall(r">([A-Z2-7]{32})<", page)[0]
    phone = pyotp.TOTP(secret)
    assert client.post(f"{ME}/second/confirm", data={"code": "000000"}).status_code == 422
    shown = text(client.post(f"{ME}/second/confirm", data={"code": phone.at(clock.now)}))
    codes = re.findall(r"\b\w{4}-\w{4}-\w{4}\b", shown)
    assert len(codes) == 10
    assert codes[0] not in text(client.get(f"{ME}/"))
    clock.forward(seconds=30)
    return phone, codes


def code(client: FlaskClient, digits: str) -> int:
    return client.post("/moderation/second", data={"code": digits}).status_code


def is_in(client: FlaskClient) -> bool:
    return client.get("/moderation/").status_code == 200


def test_second_factor_code_works_once(app: Flask, olive: FlaskClient, clock: FakeClock) -> None:
    phone, codes = turn_on(olive, clock)
    browser, other = app.test_client(), app.test_client()
    answer = enter(browser, {**RIGHT, "next": "/moderation/spam"})
    assert "/moderation/second" in answer.headers["Location"]
    assert not is_in(browser)
    digits = phone.at(clock.now)
    assert code(other, digits) == 410, "the ticket is this browser's"
    assert code(browser, digits) == 303
    assert is_in(browser)
    enter(other, RIGHT)
    assert code(other, digits) == 403, "a code lets in once"
    assert code(other, codes[0].upper().replace("-", " ")) == 303
    assert is_in(other)
    third = app.test_client()
    enter(third, RIGHT)
    assert code(third, codes[0]) == 403, "so does a recovery code"
    clock.forward(minutes=6)
    assert code(third, phone.at(clock.now)) == 410, "five minutes are over"


def test_wrong_codes_lock_whatever_the_password_says(
    app: Flask, olive: FlaskClient, clock: FakeClock
) -> None:
    phone, _codes = turn_on(olive, clock)
    browser = app.test_client()
    for _ in range(5):
        assert enter(browser, RIGHT).status_code == 303, "the password is right each time"
        code(browser, "111111")
    assert enter(browser, RIGHT).status_code == 303
    assert code(browser, phone.at(clock.now)) == 410
    clock.forward(minutes=16)
    enter(browser, RIGHT)
    assert code(browser, phone.at(clock.now)) == 303


def test_turning_off_needs_password_and_code(
    app: Flask, olive: FlaskClient, clock: FakeClock
) -> None:
    phone, codes = turn_on(olive, clock)
    for wrong in ({"second_password": "x", "code": codes[1]},
                  {"second_password": PASSWORD, "code": "1"}):  # fmt: skip
        assert olive.post(f"{ME}/second/off", data=wrong).status_code == 422
    with app.app_context(), transaction() as current:
        row = current.scalars(select(Row)).one()
        state = app.extensions["comments"]
        _purpose, token = login.create_link(session=current, runtime=state, moderator=row)
    browser = app.test_client()
    browser.post(f"/moderation/enter/{token}")
    assert not is_in(browser)
    assert code(browser, phone.at(clock.now)) == 303
    off = {"second_password": PASSWORD, "code": codes[1]}
    assert olive.post(f"{ME}/second/off", data=off).status_code == 303
    assert enter(app.test_client(), RIGHT).headers["Location"] == "/moderation/"
    with app.app_context():
        changes = list(session().scalars(select(PeopleChange.change).order_by(PeopleChange.id)))
    assert changes == ["added", "second_on", "second_off"]


def test_changing_the_password_ends_the_other_sessions(app: Flask, olive: FlaskClient) -> None:
    phone = app.test_client()
    enter(phone, RIGHT)
    assert is_in(phone)
    new = {"new": "another sentence", "again": "another sentence"}
    assert olive.post(f"{ME}/password", data={**new, "old": "wrong"}).status_code == 422
    assert olive.post(f"{ME}/password", data={**new, "again": "x", "old": PASSWORD}).status_code \
        == 422  # fmt: skip
    assert is_in(phone)
    assert olive.post(f"{ME}/password", data={**new, "old": PASSWORD}).status_code == 303
    assert is_in(olive)
    assert not is_in(phone)
    assert enter(phone, RIGHT).status_code == 403
    assert enter(phone, {**RIGHT, "password": "another sentence"}).status_code == 303


def test_sessions_are_listed_named_and_ended(
    app: Flask, olive: FlaskClient, clock: FakeClock
) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    other = app.test_client()
    other.post("/moderation/sign-in", data=RIGHT, headers={"User-Agent": agent})
    assert is_in(other)
    page = text(olive.get(f"{ME}/"))
    assert "Firefox on Linux" in page
    (ended,) = re.findall(rf'{ME}/sessions/(\d+)/end"', page)
    assert olive.post(f"{ME}/sessions/999/end").status_code == 404
    assert olive.post(f"{ME}/sessions/{ended}/end").status_code == 303
    assert not is_in(other)
    with app.app_context():
        assert "session" in session().scalars(select(PeopleChange.change)).all()
    enter(other, RIGHT)
    olive.post(f"{ME}/sessions/end")
    assert not is_in(other)
    assert is_in(olive)


def test_mail_settings_and_name_are_saved(app: Flask, olive: FlaskClient) -> None:
    assert olive.post(f"{ME}/mail", data={"held_mail": "digest"}).status_code == 303
    assert olive.post(f"{ME}/mail", data={"held_mail": "often"}).status_code == 422
    assert olive.post(f"{ME}/name", data={"name": " "}).status_code == 422
    olive.post(f"{ME}/name", data={"name": "<b>Olive</b>  Oil"})
    assert "&lt;b&gt;Olive&lt;/b&gt; Oil" in text(olive.get(f"{ME}/"))
    with app.app_context():
        row = session().scalars(select(Row)).one()
        assert (row.held_mail, row.weekly_mail) == ("digest", False)


def invited(
    client: FlaskClient, email: str, role: str = "moderator", where: str = "default"
) -> str:
    sent = {"email": email, "name": "", "role": role, "where": where}
    page = text(client.post(f"{PEOPLE}/invite", data=sent))
    return re.findall(r"http://localhost(/moderation/invite/[\w-]+)", page)[0]


NEW = {"name": "Ann", "password": "ten letters!", "password_again": "ten letters!"}


def test_invitation_works_once(app: Flask, olive: FlaskClient, clock: FakeClock) -> None:
    link, ann = invited(olive, "ann@blog.example"), app.test_client()
    assert ann.post(link, data={**NEW, "password_again": "x"}).status_code == 422
    for _ in range(2):
        assert "Olive invites ann@blog.example" in text(ann.get(link))
    assert ann.post(link, data=NEW).status_code == 303
    assert is_in(ann)
    assert ann.get(f"{PEOPLE}/").status_code == 403
    assert app.test_client().get(link).status_code == 410
    late = invited(olive, "late@blog.example")
    clock.forward(days=8)
    assert app.test_client().post(late, data=NEW).status_code == 410


def test_invitation_is_revoked(app: Flask, olive: FlaskClient) -> None:
    link = invited(olive, "ann@blog.example")
    page = text(olive.get(f"{PEOPLE}/"))
    (revoke,) = re.findall(rf'action="({PEOPLE}/invitations/\d+/revoke)"', page)
    assert olive.post(revoke).status_code == 303
    assert app.test_client().post(link, data=NEW).status_code == 410
    assert "invitation revoked" in text(olive.get(f"{PEOPLE}/"))


def test_invitation_does_not_sign_in_to_an_existing_account(app: Flask, olive: FlaskClient) -> None:
    signed_in(app, "Ann", "moderator", "default")
    link, thief = invited(olive, "ann@blog.example", "owner", ""), app.test_client()
    assert thief.post(link, data=NEW).status_code == 403
    assert thief.post(link, data={"password": "wrong"}).status_code == 403
    assert not is_in(thief)
    bob = signed_in(app, "Bob", "moderator", "default")
    assert bob.post(link).status_code == 403, "it is for another address"
    assert thief.post(link, data={"password": PASSWORD}).status_code == 303
    assert thief.get(f"{PEOPLE}/").status_code == 200


def test_invitation_is_invalid_if_the_inviter_loses_the_role(
    app: Flask, olive: FlaskClient
) -> None:
    bob = signed_in(app, "Bob", "owner", "default")
    link = invited(bob, "ann@blog.example")
    with app.app_context(), transaction() as current:
        current.delete(current.scalars(select(Seat).where(Seat.site_id.is_not(None))).one())
    assert app.test_client().get(link).status_code == 410


def test_refused_field_of_an_invitation_says_what_to_enter_and_has_the_focus(
    olive: FlaskClient,
) -> None:
    sent = {"email": "nonsense", "name": "Bob", "role": "moderator", "where": ""}
    page = text(olive.post(f"{PEOPLE}/invite", data=sent))
    assert "Enter an e-mail address, such as name@example.org." in page
    assert "leave it empty" not in page
    field = re.search(r'<input[^>]*id="email"[^>]*>', page)
    assert field
    assert "autofocus" in field[0]
    assert 'aria-invalid="true"' in field[0]
    assert 'value="Bob"' in page


def test_last_owner_cannot_be_removed(app: Flask, olive: FlaskClient) -> None:
    assert olive.post(f"{PEOPLE}/seats/1/remove").status_code == 403
    assert olive.post(f"{PEOPLE}/seats/1/role", data={"role": "moderator"}).status_code == 403
    assert "Give up role" not in text(olive.get(f"{PEOPLE}/")), "it would be refused"
    second = signed_in(app, "Second")
    demote = {"role": "moderator", "sure": "1"}
    assert olive.post(f"{PEOPLE}/seats/1/role", data=demote).status_code == 303
    assert olive.get(f"{PEOPLE}/").status_code == 403
    assert second.post(f"{PEOPLE}/seats/1/remove").status_code == 303
    assert not is_in(olive)
    assert enter(app.test_client(), RIGHT).status_code == 403


@pytest.mark.parametrize(
    ("path", "sent"), [("remove", {}), ("role", {"role": "moderator"})], ids=["remove", "demote"]
)
def test_owner_confirms_giving_up_their_own_role(
    app: Flask, olive: FlaskClient, path: str, sent: dict[str, str]
) -> None:
    signed_in(app, "Second")
    assert text(olive.get(f"{PEOPLE}/")).count("Give up role") == 1, "not at other people's roles"
    asked = olive.post(f"{PEOPLE}/seats/1/{path}", data=sent)
    assert asked.status_code == 200
    assert "Give up your own role?" in text(asked)
    assert olive.get(f"{PEOPLE}/").status_code == 200, "nothing has changed yet"
    left = olive.post(f"{PEOPLE}/seats/1/{path}", data={**sent, "sure": "1"})
    assert left.status_code == 303
    assert left.location == "/moderation/", "not to a page that refuses them now"
    assert olive.get(f"{PEOPLE}/").status_code == (403 if sent else 302)


def test_owner_removes_another_role_at_once(app: Flask, olive: FlaskClient) -> None:
    signed_in(app, "Second")
    assert olive.post(f"{PEOPLE}/seats/2/remove").status_code == 303
    assert "second@blog.example" not in text(olive.get(f"{PEOPLE}/")).split("invite-title")[0]


def test_owner_unlocks_and_creates_a_link(app: Flask, olive: FlaskClient) -> None:
    signed_in(app, "Ann", "moderator", "default")
    ann = app.test_client()
    for _ in range(5):
        enter(ann, {"login": "ann@blog.example", "password": "wrong"})
    right = {"login": "ann@blog.example", "password": PASSWORD}
    assert enter(ann, right).status_code == 403
    page = text(olive.get(f"{PEOPLE}/"))
    assert "locked" in page
    assert olive.post(f"{PEOPLE}/2/unlock").status_code == 303
    assert enter(ann, right).status_code == 303
    shown = text(olive.post(f"{PEOPLE}/2/link"))
    link = re.findall(r"http://localhost(/moderation/enter/[\w-]+)", shown)[0]
    other = app.test_client()
    other.post(link)
    assert is_in(other)


def test_link_needs_ownership_of_all_the_persons_sites(app: Flask) -> None:
    everywhere = Moderator(app, "Everywhere")
    here = signed_in(app, "Here", "owner", "default")
    assert here.post(f"{PEOPLE}/{everywhere.id}/link").status_code == 404
    assert here.post(f"{PEOPLE}/{everywhere.id}/unlock").status_code == 404
    with app.app_context(), transaction() as current:
        current.add(Seat(moderator_id=everywhere.id, site_id=1, role="moderator",
                         created_at=app.extensions["comments"].now()))  # fmt: skip
    assert here.post(f"{PEOPLE}/{everywhere.id}/link").status_code == 403
    sent = {"email": "x@a.example", "role": "owner", "where": ""}
    assert here.post(f"{PEOPLE}/invite", data=sent).status_code == 422


def test_people_and_changes_are_paged(
    app: Flask, olive: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("comment_service.web.admin.team.CHANGES_SHOWN", 2)
    for number in range(3):
        Moderator(app, f"Name{number}")
    size = app.extensions["comments"].settings
    object.__setattr__(size, "page_size", 2)
    page = text(olive.get(f"{PEOPLE}/"))
    assert "name2@" in page
    assert "olive@blog.example</bdi>\n" not in page
    following = re.findall(rf'href="({PEOPLE}/\?before=\d+)"', page)[0]
    assert "<bdi>olive@blog.example</bdi>" in text(olive.get(following))
    assert "All changes" in page
    changes = text(olive.get(f"{PEOPLE}/changes"))
    assert changes.count("added") == 2
    assert "Older" in changes


def lent(app: Flask) -> tuple[FlaskClient, str]:
    """Return Ann's browser, and a sign-in link for her from the owner of her only site."""
    here, ann = signed_in(app, "Here", "owner", "default"), signed_in(app, "Ann", "moderator",
                                                                      "default")  # fmt: skip
    shown = text(here.post(f"{PEOPLE}/2/link"))
    return ann, re.findall(r"http://localhost(/moderation/enter/[\w-]+)", shown)[0]


def test_link_is_valid_only_while_its_creator_owns_all_sites(app: Flask) -> None:
    _ann, link = lent(app)
    assert app.test_client().get(link).status_code == 200
    with app.app_context(), transaction() as current:
        now = app.extensions["comments"].now()
        current.add(Seat(moderator_id=2, site_id=None, role="moderator", created_at=now))
    browser = app.test_client()
    assert browser.get(link).status_code == 410
    assert browser.post(link).status_code == 410
    assert not is_in(browser)


@pytest.mark.parametrize("how", ["signed in", "password", "role"])
def test_becoming_owner_ends_other_sessions(app: Flask, how: str) -> None:
    ann, link = lent(app)
    thief = app.test_client()
    thief.post(link)
    assert is_in(thief)
    olive = signed_in(app, "Olive")
    if how == "role":
        (seat,) = (row.id for row in seats_of(app, 2))
        assert olive.post(f"{PEOPLE}/seats/{seat}/role", data={"role": "owner"}).status_code == 303
        assert not is_in(ann)
    else:
        browser = ann if how == "signed in" else app.test_client()
        offered = invited(olive, "ann@blog.example", "owner", "")
        assert browser.post(offered, data={"password": PASSWORD}).status_code == 303
        assert is_in(browser)
    assert not is_in(thief)
    assert is_in(olive)


def seats_of(app: Flask, moderator_id: int) -> list[Seat]:
    with app.app_context():
        return list(session().scalars(select(Seat).where(Seat.moderator_id == moderator_id)))


def test_wrong_passwords_at_the_same_time_count_each(app: Flask, olive: FlaskClient) -> None:
    with app.app_context(), transaction() as current:
        row = current.scalars(select(Row)).one()
        others = update(Row).values(failed_count=4).execution_options(synchronize_session=False)
        current.execute(others)
        state = app.extensions["comments"]
        assert not second_factor.check_password(current, state, row, "wrong")
    with app.app_context(), transaction() as current:
        row = current.scalars(select(Row)).one()
        assert not second_factor.check_password(current, state, row, PASSWORD), "it was the fifth"


def test_second_factor_ends_sessions_opened_without_it(
    app: Flask, olive: FlaskClient, clock: FakeClock
) -> None:
    other = app.test_client()
    enter(other, RIGHT)
    turn_on(olive, clock)
    assert is_in(olive)
    assert not is_in(other)
