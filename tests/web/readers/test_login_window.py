"""Sign-in window, claim, tokens and sign-out; magic links."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from comment_service.actions.readers import sign_in
from comment_service.identity import Person
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Author, Comment, CommentLike, Identity, OutboxRow
from tests.conftest import MakeApp
from tests.fakes import FakeClock
from tests.people import PAGE, Guest, csrf

VERIFIER = "v" * 43
CHALLENGE = sign_in.challenge_of(VERIFIER)
ADA = Person("https://id.example", "ada-1", name="Ada", email="ada@example.org")


def prove(app: Flask, person: Person = ADA, challenge: str = CHALLENGE) -> int:
    """Prove a person in the window; return the sign-in that must still be confirmed."""
    with app.app_context(), transaction() as current:
        site = sites.find(current, "default")
        assert site is not None
        state = app.extensions["comments"]
        identity = sign_in.prove(
            session=current, runtime=state, site=site, provider="example", person=person
        )
        row = sign_in.offer(session=current, runtime=state, identity=identity, challenge=challenge)
        return row.id


def confirm(app: Flask, number: int) -> None:
    with app.app_context(), transaction() as current:
        sign_in.confirm(session=current, runtime=app.extensions["comments"], sign_in_id=number)


def claim(guest: Guest, verifier: str = VERIFIER, **more: str) -> TestResponse:
    return guest.post("/sign-in/claim", {**guest.page, "verifier": verifier, **more})


def signed_in(app: Flask, guest: Guest, person: Person = ADA) -> Guest:
    confirm(app, prove(app, person))
    assert claim(guest).get_json()["waiting"] is False
    return guest


def count(app: Flask, table: Any) -> int:
    with app.app_context():
        return session().scalar(select(func.count()).select_from(table)) or 0


def test_claim_needs_confirmation_and_works_once(app: Flask) -> None:
    guest = Guest(app)
    waiting = claim(guest).get_json()
    assert (waiting["waiting"], waiting["visitor"], len(waiting["code"])) == (True, "", 4)
    number = prove(app)
    assert claim(guest).get_json()["waiting"] is True
    confirm(app, number)
    assert claim(guest).get_json()["waiting"] is False
    me = guest.get("/me").get_json()
    assert (me["name"], me["account"]) == ("Ada", "A blog")
    assert claim(Guest(app)).status_code == 410


def test_claim_needs_verifier_time_and_site(app: Flask, clock: FakeClock) -> None:
    confirm(app, prove(app))
    guest = Guest(app)
    assert claim(guest, "w" * 43).get_json()["waiting"] is True
    assert claim(guest, "short").status_code == 422
    clock.forward(minutes=6)
    assert claim(guest).get_json()["waiting"] is True


def test_a_claim_from_another_origin_is_refused(app: Flask) -> None:
    confirm(app, prove(app))
    guest = Guest(app)
    body = {**guest.page, "verifier": VERIFIER}
    answer = guest.post("/sign-in/claim", body, Origin="https://evil.example")
    assert answer.status_code == 403
    assert claim(guest).get_json()["waiting"] is False


def test_the_code_is_the_same_on_both_sides() -> None:
    code = sign_in.code_of(CHALLENGE)
    assert re.fullmatch(r"[A-HJ-NP-Z2-9]{4}", code)
    assert code != sign_in.code_of(sign_in.challenge_of("w" * 43))


def test_signed_in_reader_writes_under_the_account(app: Flask) -> None:
    ada = signed_in(app, Guest(app, "Not her name"))
    said = ada.say("as myself", name="Somebody else", email="other@example.org")
    with app.app_context():
        comment = session().get_one(Comment, said.get_json()["id"])
        assert (comment.name, comment.email) == ("Ada", "ada@example.org")
        assert (comment.identity, comment.provider) == ("account", "example")


def test_guest_comments_and_likes_move_to_the_account(app: Flask) -> None:
    other, guest = Guest(app, "Other"), Guest(app, "Guest")
    first = other.say("liked by both").get_json()["id"]
    ada = signed_in(app, Guest(app))
    ada.like(first)
    ada.say("mine")
    said = guest.say("once a guest").get_json()["id"]
    guest.like(first)
    guest.like()
    old = guest.token
    number = prove(app, challenge=sign_in.challenge_of("z" * 43))
    confirm(app, number)
    assert claim(guest, "z" * 43).get_json()["waiting"] is False
    with app.app_context():
        comment = session().get_one(Comment, said)
        assert comment.author.name == "Ada"
        assert (comment.identity, comment.provider) == ("account", "example")
        assert session().get_one(Comment, first).like_count == 1
        assert session().scalar(select(func.count()).select_from(CommentLike)) == 1
        assert comment.page.like_count == 1
    me = guest.get("/me").get_json()
    assert (me["liked"], me["page_liked"]) == ([first], True)
    guest.token = old
    assert guest.get("/me").status_code == 401


def test_tokens_rotate(app: Flask, clock: FakeClock) -> None:
    ada = signed_in(app, Guest(app))
    first = ada.token
    assert ada.get("/me").get_json()["visitor"] == ""
    clock.forward(seconds=3700)
    second = ada.get("/me").get_json()["visitor"]
    assert second not in {"", first}
    assert ada.get("/me").status_code == 200, "the answer may have been lost"
    ada.token = second
    assert ada.get("/me").status_code == 200
    ada.token = first
    assert ada.get("/me").status_code == 200, "another tab may still be sending it"
    clock.forward(seconds=61)
    ada.token = second
    assert ada.get("/me").status_code == 200


def test_reused_token_ends_all_sessions(app: Flask, clock: FakeClock) -> None:
    ada = signed_in(app, Guest(app))
    stolen = ada.token
    clock.forward(seconds=3700)
    ada.token = ada.get("/me").get_json()["visitor"]
    assert ada.get("/me").get_json()["name"] == "Ada"
    clock.forward(seconds=61)
    thief = Guest(app)
    thief.token = stolen
    assert thief.get("/me").status_code == 401
    assert ada.get("/me").status_code == 401
    assert ada.say("typed meanwhile").status_code == 201, "as a guest; nothing is lost"


def test_token_renewed_twice_ends_all_sessions(app: Flask, clock: FakeClock) -> None:
    ada, thief = signed_in(app, Guest(app)), Guest(app)
    clock.forward(seconds=3700)
    thief.token = ada.token
    kept = thief.get("/me").get_json()["visitor"]
    thief.token = ada.token
    ada.token = ada.get("/me").get_json()["visitor"]
    assert ada.get("/me").status_code == 200
    clock.forward(seconds=61)
    thief.token = kept
    assert thief.get("/me").status_code == 401
    assert ada.get("/me").status_code == 401


def test_address_changed_at_the_provider_is_no_longer_verified(app: Flask) -> None:
    prove(app)
    moved = Person(ADA.issuer, ADA.subject, name="Ada", email="new@example.org")
    prove(app, moved)
    with app.app_context():
        assert session().scalars(select(Author.proven_email)).one() == "new@example.org"
    prove(app, Person("email", ADA.email, email=ADA.email))
    assert count(app, Author) == 2


def test_sign_out_in_the_widget_ends_the_window_session(mailing: Flask) -> None:
    ada = Mailed(mailing)
    ada.ask()
    ada.use(ada.link(), name="Ada")
    guest = Guest(mailing)
    claim(guest)
    account = "/account/?site=default"
    page = ada.client.get(account)
    assert page.status_code == 200
    assert page.get_data(as_text=True).count("Sign out there") == 0, "one browser, this one"
    guest.post("/sign-out", guest.page)
    assert ada.client.get(account).status_code != 200


def test_signing_out_ends_every_token_of_the_sign_in(app: Flask, clock: FakeClock) -> None:
    ada = signed_in(app, Guest(app))
    first = ada.token
    clock.forward(seconds=3700)
    ada.token = ada.get("/me").get_json()["visitor"]
    assert ada.post("/sign-out", ada.page).status_code == 200
    for token in (first, ada.token):
        ada.token = token
        assert ada.get("/me").status_code == 401


def test_token_is_valid_only_on_its_site(app: Flask) -> None:
    ada = signed_in(app, Guest(app))
    with app.app_context(), transaction() as current:
        now = app.extensions["comments"].now()
        sites.ensure_site(current, key="two", name="Two", origins=["https://two.example"], now=now)
    ada.page = {"site": "two", "url": "https://two.example/", "title": "Two"}
    assert ada.get("/me").status_code == 401


def test_blocked_account_stays_blocked_with_another_identity(app: Flask) -> None:
    signed_in(app, Guest(app))
    with app.app_context(), transaction() as current:
        author = current.scalars(select(Author)).one()
        author.blocked_at = app.extensions["comments"].now()
    same = Person("https://other.example", "x", name="New", email="ADA@example.org")
    confirm(app, prove(app, same, sign_in.challenge_of("n" * 43)))
    again = Guest(app)
    claim(again, "n" * 43)
    again.say("here again")
    with app.app_context():
        assert session().scalars(select(Comment.status)).one() == "rejected"
    assert count(app, Author) == 1


MAIL = {"SMTP_URL": "smtp://127.0.0.1:1", "MAIL_FROM": "c@blog.example"}


@pytest.fixture
def mailing(database_url: str, make_app: MakeApp) -> Flask:
    return make_app(database_url, PUBLIC_URL="http://localhost", **MAIL)


class Mailed:
    """A reader who requests a magic link and opens it."""

    def __init__(self, app: Flask, page: str = PAGE) -> None:
        self.app, self.client, self.page = app, app.test_client(), page
        self.code = ""

    def ask(self, email: str = "ada@example.org", challenge: str = CHALLENGE) -> TestResponse:
        asked = {"site": "default", "url": self.page, "challenge": challenge}
        token = csrf(self.client.get("/sign-in/mail/", query_string=asked))
        sent = {**asked, "email": email, "csrf_token": token}
        answer = self.client.post("/sign-in/mail/", data=sent)
        found = re.search(r'window-code">([^<]+)<', answer.get_data(as_text=True))
        self.code = found[1] if found else ""
        return answer

    def link(self) -> str:
        """Return the newest enqueued link."""
        from comment_service.actions.readers import email_link
        from comment_service.storage.tables import Ticket

        with self.app.app_context():
            query = select(OutboxRow).where(OutboxRow.kind == email_link.EMAIL_LINK)
            row = session().scalars(query.order_by(OutboxRow.id.desc())).first()
            assert row is not None
            ticket = session().get_one(Ticket, row.payload["ticket_id"])
            token = email_link.token_of(self.app.extensions["comments"], ticket)
        return f"/sign-in/mail/{token}"

    def use(self, link: str, **fields: str) -> TestResponse:
        token = csrf(self.client.get(link))
        return self.client.post(link, data={"csrf_token": token, **fields})


def owed(app: Flask) -> int:
    with app.app_context():
        query = select(func.count()).where(OutboxRow.kind == "email_link")
        return session().scalar(query) or 0


def test_magic_link_signs_in_the_requesting_browser(mailing: Flask) -> None:
    ada = Mailed(mailing)
    assert ada.ask().status_code == 200
    link = ada.link()
    compared = f'window-code">{sign_in.code_of(CHALLENGE)}<'
    for _ in range(3):
        page = ada.client.get(link)
        assert page.status_code == 200, "looking spends nothing"
        assert compared in page.get_data(as_text=True), "the widget may be somebody else's"
    done = ada.use(link, name="Ada")
    assert (done.status_code, "/sign-in/finished" in done.headers["Location"]) == (303, True)
    guest = Guest(mailing)
    assert claim(guest).get_json()["waiting"] is False
    assert guest.get("/me").get_json()["account"] == "E-mail"
    assert ada.client.get(link).status_code == 410
    with mailing.app_context():
        identity = session().scalars(select(Identity)).one()
        assert (identity.issuer, identity.subject) == ("email", "ada@example.org")
        assert identity.author.proven_email == "ada@example.org"


def test_another_browser_needs_the_widget_s_code_and_sees_no_other(mailing: Flask) -> None:
    ada, phone, shown = Mailed(mailing), Mailed(mailing), sign_in.code_of(CHALLENGE)
    window = ada.ask().get_data(as_text=True)
    assert "the page with the comments shows" in window
    link = ada.link()
    for page in (window, phone.client.get(link).get_data(as_text=True)):
        assert "window-code" not in page
        assert shown not in page, "only the widget's page shows it"
    for wrong in ("", "AAAA", sign_in.code_of("d" * 43)):
        assert phone.use(link, name="Ada", code=wrong).status_code == 403
    assert phone.use(link, name="Ada", code=shown.lower()).status_code == 303
    assert claim(Guest(mailing)).get_json()["waiting"] is False


def test_without_a_widget_the_window_shows_the_code(mailing: Flask) -> None:
    ada, phone = Mailed(mailing), Mailed(mailing)
    ada.ask(challenge="")
    link = ada.link()
    assert ada.code not in phone.client.get(link).get_data(as_text=True)
    assert phone.use(link, name="Ada", code="AAAAAA").status_code == 403
    assert phone.use(link, name="Ada", code=ada.code.lower()).status_code == 303


def test_five_wrong_codes_invalidate_a_link(mailing: Flask) -> None:
    ada, thief = Mailed(mailing), Mailed(mailing)
    ada.ask()
    link = ada.link()
    for _ in range(5):
        assert thief.use(link, name="X", code="AAAAAA").status_code == 403
    assert thief.client.get(link).status_code == 410
    assert ada.client.get(link).status_code == 410


def test_magic_link_expires_after_15_minutes(mailing: Flask, clock: FakeClock) -> None:
    ada = Mailed(mailing)
    ada.ask()
    clock.forward(seconds=15 * 60 + 1)
    assert ada.client.get(ada.link()).status_code == 410
    assert ada.client.get("/sign-in/mail/forged").status_code == 410


def test_magic_links_are_limited_per_address_and_network(mailing: Flask) -> None:
    ada = Mailed(mailing)
    pages = {re.sub(r'window-code">\w+', "", ada.ask().get_data(as_text=True)) for _ in range(7)}
    assert owed(mailing) == 4
    assert len(pages) == 1, "the answer is the same whether or not a mail goes out"
    for number in range(12):
        ada.ask(f"someone-{number}@example.org")
    assert owed(mailing) == 12


def test_invalid_address_is_kept_in_the_form(mailing: Flask) -> None:
    answer = Mailed(mailing).ask("nonsense<")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "nonsense&lt;" in page and "name@example.org" in page
    assert owed(mailing) == 0


def test_sign_in_and_out_without_script(mailing: Flask) -> None:
    ada = Mailed(mailing)
    ada.ask(challenge="")
    done = ada.use(ada.link(), name="Ada")
    assert "/thread.html" in done.headers["Location"]
    page = ada.client.get(done.headers["Location"]).get_data(as_text=True)
    assert "You are commenting as Ada, using your E-mail account." in page
    fields = {"site": "default", "url": PAGE}
    foreign = ada.client.post("/sign-out", data=fields, headers={"Origin": "https://blog.example"})
    assert foreign.status_code == 303
    still = ada.client.get(done.headers["Location"]).get_data(as_text=True)
    assert "You are commenting as Ada" in still, "another page's form does not sign out"
    ada.client.post("/sign-out", data=fields, headers={"Origin": "http://localhost"})
    gone = ada.client.get(done.headers["Location"]).get_data(as_text=True)
    assert "You are commenting as Ada" not in gone
