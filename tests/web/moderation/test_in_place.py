"""Moderation on the blog's own page: who may, from where, for how long, and what it does."""

import re
from typing import Any

import pytest
from flask import Flask
from itsdangerous import URLSafeSerializer
from sqlalchemy import delete, select
from werkzeug.test import TestResponse

from comment_service.actions.admin import sites
from comment_service.actions.readers.sign_in import challenge_of, code_of
from comment_service.storage import tables as t
from comment_service.storage.admin import rights
from comment_service.storage.db.session import session, transaction
from tests.fakes import FakeClock
from tests.people import PAGE, Guest, Moderator, csrf

HELD = "maybe this waits"
BLOG, OTHER_BLOG = "https://blog.example", "https://other.example"
OTHER = {"site": "other", "url": f"{OTHER_BLOG}/post", "title": "A post"}
VERIFIER = "v" * 43


class InPlace:
    """The widget of a moderator, on a page of the blog."""

    def __init__(self, mod: Moderator, page: dict[str, str] | None = None) -> None:
        self.mod = mod
        self.page = page or {"site": "default", "url": PAGE}
        self.origin = "/".join(self.page["url"].split("/")[:3])
        self.token = ""

    def sign_in(self, verifier: str = VERIFIER) -> "InPlace":
        answer = self.grant(verifier)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        self.token = self.claim(verifier)["moderator"]
        return self

    def window(self, verifier: str = VERIFIER) -> TestResponse:
        query = {**self.page, "challenge": challenge_of(verifier)}
        return self.mod.client.get("/moderation/here/", query_string=query)

    def grant(self, verifier: str = VERIFIER, code: str | None = None) -> TestResponse:
        challenge = challenge_of(verifier)
        token = csrf(self.window(verifier))
        fields = {**self.page, "challenge": challenge, "csrf_token": token}
        fields["code"] = code_of(challenge) if code is None else code
        return self.mod.client.post("/moderation/here/", data=fields)

    def claim(self, verifier: str = VERIFIER) -> dict[str, Any]:
        answer = self.post("/sign-in/claim", verifier=verifier)
        found: dict[str, Any] = answer.get_json()
        return found

    def post(self, path: str, origin: str = "", **fields: Any) -> TestResponse:
        headers = {"Origin": origin or self.origin, "Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        browser = self.mod.app.test_client()  # no cookie of ours: the blog is another site
        return browser.post(path, json={**self.page, **fields}, headers=headers)

    def ask(self, path: str, **fields: Any) -> TestResponse:
        return self.post(f"/moderation/in-place/{path}", **fields)

    def thread(self, *shown: int, **more: str) -> TestResponse:
        return self.ask("thread", **{"shown": ",".join(map(str, shown)), **more})

    def decide(self, comment: int, decision: str, **more: str) -> TestResponse:
        return self.ask(f"comments/{comment}/decide", decision=decision, **more)


def add_other_site(app: Flask) -> None:
    with app.app_context(), transaction() as current:
        sites.add_site(
            session=current,
            runtime=app.extensions["comments"],
            by=None,
            key="other",
            name="Other",
            origins=[OTHER_BLOG],
        )


def said(app: Flask, text: str, page: dict[str, str] | None = None) -> int:
    guest = Guest(app)
    guest.page.update(page or {})
    return int(guest.say(text).get_json()["id"])


def status(app: Flask, comment: int) -> str:
    with app.app_context():
        return session().get_one(t.Comment, comment).status


@pytest.fixture
def here(app: Flask) -> InPlace:
    return InPlace(Moderator(app, role="moderator", site="default")).sign_in()


def test_the_page_shows_pending_comments_and_buttons(app: Flask, here: InPlace) -> None:
    fine, held = said(app, "fine"), said(app, HELD)
    answer = here.thread(fine)
    seen = answer.get_json()
    assert HELD in seen["pending"]
    assert f'id="comment-{held}"' in seen["pending"]
    assert "only you see it" not in seen["pending"], "those words are for its author"
    assert set(seen["controls"]) == {str(fine), str(held)}
    assert 'data-decision="approve"' in seen["controls"][str(held)]
    assert 'data-decision="approve"' not in seen["controls"][str(fine)]
    assert 'data-do="pin"' in seen["controls"][str(fine)]
    assert "Mod" in seen["bar"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Access-Control-Allow-Origin"] == BLOG
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert HELD not in Guest(app).thread(), "the public thread stays as it was"


def test_a_decision_can_be_undone_and_is_that_of_the_moderation_pages(
    app: Flask, here: InPlace
) -> None:
    held = said(app, HELD)
    done = here.decide(held, "approve", expected="pending").get_json()
    assert done["message"] == "Approved."
    assert HELD in done["html"]
    assert HELD in Guest(app).thread()
    with app.app_context():
        decision = session().scalars(select(t.Decision)).one()
        label = session().scalars(select(t.Label)).one()
        assert (decision.decision, decision.moderator_id) == ("approve", here.mod.id)
        assert label.actor == "Mod"
    undo = dict(done["undo"])
    back = here.ask(undo.pop("path"), **undo).get_json()
    assert (back["status"], back["undo"]) == ("pending", None)
    assert HELD not in Guest(app).thread()


@pytest.mark.parametrize(("decision", "to"), [("spam", "spam"), ("reject", "rejected")])
def test_what_is_removed_leaves_the_page(app: Flask, here: InPlace, decision: str, to: str) -> None:
    fine = said(app, "fine")
    done = here.decide(fine, decision).get_json()
    assert (done["status"], "article" in done["html"]) == (to, False)
    parent = said(app, "a parent")
    said(app, "a reply", {})
    Guest(app).say("below", parent=parent)
    done = here.decide(parent, decision).get_json()
    assert "This comment was removed." in done["html"], "its replies keep their place"
    assert "a parent" not in done["html"]


def test_pin_edit_and_close(app: Flask, here: InPlace) -> None:
    one, two = said(app, "one"), said(app, "two")
    assert here.ask(f"comments/{one}/pin", pinned="1").get_json()["undo"]["pinned"] == "0"
    done = here.ask(f"comments/{two}/pin", pinned="1").get_json()
    assert done["reload"], "the order of the thread changed, and the badge of another comment"
    undo = dict(done["undo"])
    assert undo == {"path": f"comments/{one}/pin", "pinned": "1"}, "the one before comes back"
    assert here.ask(undo.pop("path"), **undo).status_code == 200
    form = here.ask(f"comments/{one}/text").get_json()["html"]
    assert ">\none</textarea>" in form
    assert here.ask(f"comments/{one}/edit", text="").status_code == 422
    assert "better" in here.ask(f"comments/{one}/edit", text="better").get_json()["html"]
    with app.app_context():
        assert session().scalars(select(t.Revision)).one().moderator_id == here.mod.id
    closed = here.ask("close", closed="1").get_json()
    assert closed["undo"] == {"path": "close", "closed": "0"}
    assert "Comments are closed." in Guest(app).thread()
    assert here.ask("close", closed="0").status_code == 200


def expected_of(form: str) -> str:
    found = re.search(r'name="expected" value="(\d+)">\s*(?:<p|<label)', form)
    assert found, form
    return found[1]


def current_text(app: Flask, comment: int) -> str:
    with app.app_context():
        return session().get_one(t.Comment, comment).text


def edit_by(who: str, app: Flask, ada: Guest, comment: int) -> None:
    if who == "author":
        sent = {**ada.page, "token": ada.form_token(), "text": "newer words", "expected": 0}
        answer = ada.post(f"/comments/{comment}/edit", sent)
    else:
        path = f"/moderation/comments/{comment}/edit"
        answer = Moderator(app, "Ann").post(path, text="newer words", expected="0")
    assert answer.status_code in {200, 303}


@pytest.mark.parametrize("who", ["author", "moderator"])
def test_an_edit_replaces_no_newer_text_unseen(app: Flask, here: InPlace, who: str) -> None:
    ada = Guest(app)
    one, two = (int(ada.say(text).get_json()["id"]) for text in ("one", "two"))
    shown = {
        number: expected_of(here.ask(f"comments/{number}/text").get_json()["html"])
        for number in (one, two)
    }
    edit_by(who, app, ada, one)
    sent = {"text": "a moderator's words", "expected": shown[one]}
    answer = here.ask(f"comments/{one}/edit", **sent)
    error = answer.get_json()["error"]
    assert (answer.status_code, error["code"], error["text"]) == (
        409,
        "edited_before",
        "newer words",
    )
    assert current_text(app, one) == "newer words"
    other = here.ask(f"comments/{two}/edit", text="two, corrected", expected=shown[two])
    assert other.status_code == 200, "the text of another comment is the one that was shown"
    sent["expected"] = error["expected"]
    assert here.ask(f"comments/{one}/edit", **sent).status_code == 200
    assert current_text(app, one) == "a moderator's words"
    odd = here.ask(f"comments/{one}/edit", text="other words", expected="?")
    assert odd.status_code == 409


@pytest.mark.parametrize("who", ["author", "moderator"])
def test_the_form_of_the_queue_replaces_no_newer_text_unseen(app: Flask, who: str) -> None:
    ada, mod = Guest(app), Moderator(app)
    comment = int(ada.say("one").get_json()["id"])
    path = f"/moderation/comments/{comment}"
    shown = expected_of(mod.client.get(path).get_data(as_text=True).partition('/edit"')[2])
    edit_by(who, app, ada, comment)
    sent = {"csrf_token": mod.token, "text": "a moderator's words", "expected": shown}
    blank = mod.client.post(f"{path}/edit", data={**sent, "text": " "})
    assert blank.status_code == 422
    form = blank.get_data(as_text=True).partition('/edit"')[2]
    assert expected_of(form) == shown, "a refusal for another reason is no look at the newer text"
    answer = mod.client.post(f"{path}/edit", data=sent)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "This comment was changed since you opened it." in page
    card, _action, form = page.partition('/edit"')
    assert "newer words" in card
    assert ">\na moderator&#39;s words</textarea>" in form
    assert current_text(app, comment) == "newer words"
    again = mod.client.post(f"{path}/edit", data={**sent, "expected": expected_of(form)})
    assert again.status_code == 303
    assert current_text(app, comment) == "a moderator's words"


def test_two_sites_and_two_moderators(app: Flask) -> None:
    add_other_site(app)
    here_held, there_held = said(app, HELD), said(app, f"{HELD} too", OTHER)
    here = InPlace(Moderator(app, "Ann", role="moderator", site="default")).sign_in("a" * 43)
    there = InPlace(Moderator(app, "Bob", role="moderator", site="other"), OTHER).sign_in("b" * 43)
    assert here.decide(there_held, "approve").status_code == 404
    assert there.decide(here_held, "approve").status_code == 404
    assert f"{HELD} too" not in here.thread(there_held).get_json()["pending"]
    assert set(here.thread(there_held).get_json()["controls"]) == {str(here_held)}
    here.page = OTHER  # the token of one site at the other one
    assert here.post("/moderation/in-place/thread", origin=OTHER_BLOG).status_code == 401
    assert there.decide(there_held, "approve").status_code == 200
    done = there.decide(there_held, "spam").get_json()
    undo = done["undo"]["path"]
    here.page = {"site": "default", "url": PAGE}
    assert here.ask(undo).status_code == 404, "a decision of the other site"


def test_the_token_of_a_moderator_of_both_sites_is_for_one(app: Flask) -> None:
    add_other_site(app)
    with app.app_context(), transaction() as current:
        for site in current.scalars(select(t.Site)):
            site.origins = [BLOG, OTHER_BLOG]  # so that nothing but the site tells them apart
    said(app, "fine")
    there_held = said(app, HELD, OTHER)
    here = InPlace(Moderator(app, role="owner")).sign_in()
    assert here.decide(there_held, "approve").status_code == 404
    assert here.ask(f"comments/{there_held}/text").status_code == 404
    here.mod.decide(there_held, "spam")
    with app.app_context():
        decision = session().scalars(select(t.Decision.id)).one()
    assert here.ask(f"decisions/{decision}/undo").status_code == 404
    here.page = {**OTHER, "url": f"{BLOG}/post"}
    assert here.thread().status_code == 401
    assert status(app, there_held) == "spam"


def test_the_role_is_looked_up_at_every_request(app: Flask, here: InPlace) -> None:
    held = said(app, HELD)
    assert here.thread().status_code == 200
    with app.app_context(), transaction() as current:
        current.execute(delete(t.Seat).where(t.Seat.moderator_id == here.mod.id))
    answer = here.decide(held, "approve")
    assert answer.status_code == 401
    assert status(app, held) == "pending"
    with app.app_context(), transaction() as current:
        state = app.extensions["comments"]
        site = current.scalars(select(t.Site)).one()
        rights.give_role(
            current, moderator_id=here.mod.id, site_id=site.id, role="moderator", now=state.now()
        )
    assert here.thread().status_code == 401, "a new role ends the sessions of before"


def test_the_token_ends_with_the_session_and_after_hours(
    app: Flask, clock: FakeClock, here: InPlace
) -> None:
    clock.forward(hours=7)
    assert here.thread().status_code == 200
    clock.forward(hours=1, minutes=1)
    assert here.thread().status_code == 401
    again = InPlace(here.mod).sign_in("w" * 43)
    assert again.thread().status_code == 200
    assert (
        here.mod.client.post(
            "/moderation/sign-out", data={"csrf_token": here.mod.token}
        ).status_code
        == 303
    )
    assert again.thread().status_code == 401


def test_other_origins_get_nothing(app: Flask, here: InPlace) -> None:
    held = said(app, HELD)
    path = f"/moderation/in-place/comments/{held}/decide"
    assert here.post(path, origin="https://evil.example", decision="approve").status_code == 403
    with app.app_context(), transaction() as current:
        site = current.scalars(select(t.Site)).one()
        site.origins = [*site.origins, OTHER_BLOG]
    assert here.post(path, origin=OTHER_BLOG, decision="approve").status_code == 401, (
        "another origin of the same site did not get the token"
    )
    assert status(app, held) == "pending"


def test_forged_tokens_and_cookies_are_refused(app: Flask, here: InPlace) -> None:
    with app.app_context():
        number = session().scalars(select(t.Session.id)).one()
        site = session().scalars(select(t.Site.id)).one()
        until = app.extensions["comments"].now().timestamp() + 3600
    forged = URLSafeSerializer("guessed", salt="comments moderate in place")
    genuine = here.token
    values = [number, site, BLOG, until]
    other_salt = URLSafeSerializer(app.extensions["comments"].secret, salt="comments form")
    for token in (forged.dumps(values), other_salt.dumps(values), genuine[:-2] + "aa", "x", "own"):
        here.token = str(token)
        assert here.thread().status_code == 401, token
    client = app.test_client()
    client.set_cookie("comments_moderator", genuine)
    assert client.get("/moderation/").status_code == 302, "the token is no cookie"
    cookie = here.mod.client.get_cookie("comments_moderator")
    assert cookie is not None
    here.token = cookie.value
    assert here.thread().status_code == 401, "and the cookie's value is no token"


def test_without_a_session_there_is_no_window(app: Flask) -> None:
    challenge = challenge_of(VERIFIER)
    query = {"site": "default", "url": PAGE, "challenge": challenge}
    answer = app.test_client().get("/moderation/here/", query_string=query)
    assert answer.status_code == 302
    assert "/moderation/sign-in?next=" in answer.headers["Location"]


def test_the_window_asks_for_the_code_of_the_page(app: Flask) -> None:
    mod = InPlace(Moderator(app))
    page = mod.window()
    assert "Moderate on https://blog.example as Mod?" in page.get_data(as_text=True)
    assert code_of(challenge_of(VERIFIER)) not in page.get_data(as_text=True)
    for wrong in ("", "AAAA", "é"):
        assert mod.grant(code=wrong).status_code == 422
    assert mod.claim()["moderator"] == ""
    code = code_of(challenge_of(VERIFIER))
    assert mod.grant(code=f" {code.lower()} ").status_code == 303
    assert mod.grant().status_code == 410, "a challenge is granted once"
    claimed = mod.claim()
    assert (bool(claimed["moderator"]), claimed["waiting"], claimed["visitor"]) == (True, False, "")
    assert mod.claim()["moderator"] == "", "and claimed once"


def test_a_grant_expires_and_belongs_to_its_site(app: Flask, clock: FakeClock) -> None:
    add_other_site(app)
    mod = InPlace(Moderator(app))
    assert mod.grant().status_code == 303
    mod.page, mod.origin = OTHER, OTHER_BLOG
    assert mod.claim()["moderator"] == ""
    mod.page, mod.origin = {"site": "default", "url": PAGE}, BLOG
    clock.forward(minutes=6)
    assert mod.claim()["moderator"] == ""


def test_a_moderator_of_another_site_gets_no_window(app: Flask) -> None:
    add_other_site(app)
    bob = InPlace(Moderator(app, "Bob", role="moderator", site="other"))
    assert bob.window().status_code == 404
    assert bob.grant().status_code == 400, "no form, so no token"


def test_the_window_needs_the_csrf_token_and_a_challenge(app: Flask) -> None:
    mod = Moderator(app)
    fields = {"site": "default", "url": PAGE, "challenge": challenge_of(VERIFIER)}
    sent = {**fields, "code": code_of(challenge_of(VERIFIER))}
    assert mod.client.post("/moderation/here/", data=sent).status_code == 400
    bare = {"site": "default", "url": PAGE}
    assert mod.client.get("/moderation/here/", query_string=bare).status_code == 422


def test_a_signed_in_moderator_is_offered_it_in_the_readers_window(app: Flask) -> None:
    add_other_site(app)
    query = {"site": "default", "url": PAGE, "challenge": challenge_of(VERIFIER)}
    mine = Moderator(app, "Ann", role="moderator", site="default")
    page = mine.client.get("/sign-in/", query_string=query).get_data(as_text=True)
    assert "Moderate here" in page
    bob = Moderator(app, "Bob", role="moderator", site="other")
    for client in (bob.client, app.test_client()):
        found = client.get("/sign-in/", query_string=query).get_data(as_text=True)
        assert "Moderate here" not in found


def test_comments_in_place_are_a_moderators(app: Flask, here: InPlace) -> None:
    fields = Guest(app).fields("casino, says Mod", name="")
    answer = here.post("/comments", **{**fields, "staff": here.token})
    sent = answer.get_json()
    assert (answer.status_code, sent["status"], sent["visitor"]) == (201, "published", "")
    thread = Guest(app).thread()
    assert re.search(r"<bdi>Mod</bdi>.*Moderator", thread, re.DOTALL)
    again = {**Guest(app).fields("as a stranger", name=""), "staff": "x"}
    assert here.post("/comments", **again).status_code == 401, "it does not become a guest's"
    stolen = {**Guest(app).fields("from elsewhere", name=""), "staff": here.token}
    with app.app_context(), transaction() as current:
        site = current.scalars(select(t.Site)).one()
        site.origins = [*site.origins, OTHER_BLOG]
    assert here.post("/comments", origin=OTHER_BLOG, **stolen).status_code == 401


def test_a_comment_with_a_token_that_ended_asks_to_sign_in(
    app: Flask, clock: FakeClock, here: InPlace
) -> None:
    add_other_site(app)
    there = {**Guest(app).fields("at the other site", name=""), **OTHER, "staff": here.token}
    assert here.post("/comments", origin=OTHER_BLOG, **there).status_code == 401
    clock.forward(hours=8, minutes=1)
    answer = here.post("/comments", **Guest(app).fields("too late"), staff=here.token)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (401, "sign_in_required")
    with app.app_context():
        assert session().scalars(select(t.Comment)).all() == [], "nobody's, rather than a guest's"


def test_pages_of_our_own_host_use_the_cookie(app: Flask) -> None:
    held = said(app, HELD)
    mod = Moderator(app)
    path = f"/moderation/in-place/comments/{held}/decide"
    body = {"site": "default", "url": PAGE, "decision": "approve"}
    for origin in ("https://evil.example", BLOG):
        answer = mod.client.post(path, json=body, headers={"Origin": origin})
        assert answer.status_code in {401, 403}, origin
    assert mod.client.post(path, json=body).status_code == 401, "no Origin, no cookie"
    assert (
        mod.client.post(path, json=body, headers={"Origin": "http://localhost"}).status_code == 200
    )


def test_a_conflict_is_told(app: Flask, here: InPlace) -> None:
    held = said(app, HELD)
    Moderator(app, "Ann").decide(held, "spam")
    answer = here.decide(held, "approve", expected="pending")
    assert answer.status_code == 409
    assert "Ann decided in between" in answer.get_json()["error"]["message"]


def test_the_page_keeps_its_language_and_moderators_have_theirs(app: Flask, here: InPlace) -> None:
    held = said(app, HELD)
    browser = app.test_client()
    headers = {
        "Origin": BLOG,
        "Authorization": f"Bearer {here.token}",
        "Accept-Language": "de",
    }
    body = {**here.page, "lang": "fr", "shown": ""}
    seen = browser.post("/moderation/in-place/thread", json=body, headers=headers).get_json()
    assert "Genehmigen" in seen["controls"][str(held)]
    body["decision"] = "approve"
    path = f"/moderation/in-place/comments/{held}/decide"
    done = browser.post(path, json=body, headers=headers).get_json()
    assert "Répondre" in done["html"]


def test_odd_bodies_are_refused_or_ignored(app: Flask, here: InPlace) -> None:
    held = said(app, HELD)
    assert here.thread(shown="1,x,,²,99999999999999999999,-1").status_code == 200
    assert here.decide(held, "burn").status_code == 400
    assert here.decide(999, "approve").status_code == 404
    assert here.ask("decisions/999/undo").status_code == 404
    assert here.ask("thread", url="https://blog.example/nothing-yet").status_code == 200
