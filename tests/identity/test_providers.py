"""A misbehaving provider is refused with a page that says why, and nobody is signed in."""

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from comment_service import fetching
from comment_service.cli.serve import listen
from comment_service.storage.db.session import session
from comment_service.storage.tables import Author, Identity
from tests.conftest import MakeApp
from tests.people import PAGE
from tests.providers import Odd, row

CHALLENGE = "c" * 43


@pytest.fixture
def odd() -> Iterator[Odd]:
    provider = Odd()
    server = listen(provider.app(), "127.0.0.1", 0, threads=4)
    provider.issuer = f"http://127.0.0.1:{server.port}"
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield provider
    server.close()
    thread.join(10)


@pytest.fixture
def app(sqlite_url: str, make_app: MakeApp, odd: Odd) -> Flask:
    return make_app(sqlite_url, PROVIDERS={"example": row(odd.issuer)})


class Browser:
    """A browser that goes to the provider and comes back."""

    def __init__(self, app: Flask, odd: Odd) -> None:
        self.app, self.odd = app, odd
        self.client: FlaskClient = app.test_client()

    def leave(self, challenge: str = CHALLENGE) -> dict[str, str]:
        """Go to the provider; return the query parameters of the redirect."""
        asked = {"site": "default", "url": PAGE, "challenge": challenge}
        answer = self.client.get("/sign-in/with/example", query_string=asked)
        query = parse_qs(urlsplit(answer.headers.get("Location", "")).query)
        sent = {name: values[0] for name, values in query.items()}
        self.odd.nonce = sent.get("nonce", "")
        return sent

    def come_back(self, code: str = "one", challenge: str = CHALLENGE, **more: str) -> TestResponse:
        state = self.leave(challenge).get("state", "")
        query = {"state": state, "code": code, **more}
        return self.client.get("/sign-in/back/example", query_string=query)

    def confirm(self, back: TestResponse, **fields: str) -> TestResponse:
        page = self.client.get(back.headers["Location"])
        found = re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True))
        assert found, page.get_data(as_text=True)
        return self.client.post(back.headers["Location"], data={"csrf_token": found[1], **fields})


@pytest.fixture
def browser(app: Flask, odd: Odd) -> Browser:
    return Browser(app, odd)


def count(app: Flask, table: Any) -> int:
    with app.app_context():
        return session().scalar(select(func.count()).select_from(table)) or 0


def refused(answer: TestResponse, why: str) -> None:
    page = answer.get_data(as_text=True)
    assert answer.status_code == 403, page
    assert re.search(why, page), page
    assert "Try again" in page


def test_correct_provider_signs_in(app: Flask, browser: Browser) -> None:
    back = browser.come_back()
    assert (back.status_code, "/sign-in/confirm/" in back.headers["Location"]) == (303, True)
    assert browser.confirm(back).status_code == 303
    with app.app_context():
        identity = session().scalars(select(Identity)).one()
        assert (identity.issuer, identity.subject) == (browser.odd.issuer, "ada-1")
        assert (identity.author.name, identity.author.proven_email) == ("Ada", "")


def test_authorization_request_has_state_nonce_and_pkce(browser: Browser) -> None:
    asked = browser.leave()
    assert asked["redirect_uri"] == "http://localhost/sign-in/back/example"
    assert (asked["code_challenge_method"], asked["response_type"]) == ("S256", "code")
    assert len(asked["code_challenge"]) == 43
    assert len(asked["state"]) >= 32 <= len(asked["nonce"])


LATE = "not meant for us"


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "https://evil.example"}, LATE),
        ({"iss": None}, LATE),
        ({"aud": "somebody else"}, LATE),
        ({"aud": None}, LATE),
        ({"aud": ["comments", "another"]}, "meant for somebody else"),
        ({"aud": ["comments", "another"], "azp": "another"}, "meant for somebody else"),
        ({"azp": "another"}, "meant for somebody else"),
        ({"nonce": None}, LATE),
        ({"nonce": "of another sign-in"}, LATE),
        ({"exp": 1_000_000_000}, LATE),
        ({"exp": None}, LATE),
        ({"iat": 9_000_000_000}, LATE),
        ({"iat": None}, LATE),
        ({"sub": ""}, "did not say who|not meant for us"),
        ({"sub": None}, LATE),
        ({"sub": "x" * 256}, "did not say who|two different people"),
        ({"sub": "ada\n1"}, "did not say who|two different people"),
        ({"sub": {"id": 1}}, "did not say who|not meant for us"),
    ],
)
def test_invalid_token_claims_are_refused(
    app: Flask, browser: Browser, claims: dict[str, Any], why: str
) -> None:
    browser.odd.claims = claims
    refused(browser.come_back(), why)
    assert (count(app, Identity), count(app, Author)) == (0, 0)


@pytest.mark.parametrize("way", ["unsigned", "sign_with_hmac"])
def test_forgeable_signature_is_refused(app: Flask, browser: Browser, way: str) -> None:
    browser.odd.sign = getattr(browser.odd, way)  # type: ignore[method-assign]
    refused(browser.come_back(), "not signed as it must be")
    assert count(app, Identity) == 0


def test_a_signature_by_another_key_is_refused(app: Flask, browser: Browser) -> None:
    other = Odd(issuer=browser.odd.issuer)
    browser.odd.sign = other.sign  # type: ignore[method-assign]
    refused(browser.come_back(), "not signed as it must be")
    assert browser.odd.asked.count("/jwks") == 2, "new keys are asked for once"


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "e30.e30."])
def test_malformed_token_is_refused(browser: Browser, token: str) -> None:
    browser.odd.sign = lambda _claims: token  # type: ignore[method-assign]
    refused(browser.come_back(), "not signed as it must be")


def test_a_code_works_once(app: Flask, browser: Browser) -> None:
    state = browser.leave()["state"]
    query = {"state": state, "code": "one"}
    assert browser.client.get("/sign-in/back/example", query_string=query).status_code == 303
    again = browser.client.get("/sign-in/back/example", query_string=query)
    assert again.status_code == 410
    refused(browser.come_back("one"), "did not accept its own answer: invalid_grant")
    assert count(app, Identity) == 1


def test_callback_for_another_browser_is_refused(app: Flask, odd: Odd) -> None:
    mine, theirs = Browser(app, odd), Browser(app, odd)
    state = mine.leave()["state"]
    query = {"state": state, "code": "one"}
    assert theirs.client.get("/sign-in/back/example", query_string=query).status_code == 410
    assert mine.client.get("/sign-in/back/example?code=one").status_code == 410
    half = {"state": state[:16], "code": "one"}
    odd.codes.clear()
    assert mine.client.get("/sign-in/back/example", query_string=half).status_code == 410


def test_response_of_another_issuer_is_refused(browser: Browser) -> None:
    refused(browser.come_back(iss="https://evil.example"), "another provider")
    browser.app.extensions["comments"].providers["example"]._found = None
    browser.odd.metadata = {"authorization_response_iss_parameter_supported": True}
    refused(browser.come_back(), "another provider")
    assert browser.come_back("two", iss=browser.odd.issuer).status_code == 303


def test_refusal_by_the_provider_is_shown(browser: Browser) -> None:
    refused(browser.come_back(error="access_denied"), "Sign-in was cancelled")
    refused(browser.come_back(error="<script>"), "It was refused there: &lt;script&gt;")


def test_metadata_of_another_issuer_is_refused(browser: Browser) -> None:
    browser.odd.metadata = {"issuer": "https://evil.example"}
    answer = browser.client.get(f"/sign-in/with/example?site=default&url={PAGE}")
    refused(answer, "describes itself as somebody else")


def test_user_info_of_another_subject_is_refused(app: Flask, browser: Browser) -> None:
    browser.odd.info = {"sub": "bob-2", "email": "bob@example.org"}
    refused(browser.come_back(), "two different people")
    assert count(app, Identity) == 0


def test_ten_megabytes_of_user_info_are_not_read(app: Flask, browser: Browser) -> None:
    browser.odd.info = {"much": "x" * 10_000_000}
    refused(browser.come_back(), "too long")
    assert count(app, Identity) == 0


def test_decompression_bomb_is_not_unpacked(browser: Browser) -> None:
    import gzip

    packed = gzip.compress(b'{"much": "' + b"x" * 50_000_000 + b'"}')
    browser.odd.answers["/info"] = lambda: Response(
        packed, mimetype="application/json", headers={"Content-Encoding": "gzip"}
    )
    refused(browser.come_back(), "too long")


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/jwks", "/info"])
@pytest.mark.parametrize(
    "answer",
    [
        lambda: Response("busy", status=500),
        lambda: Response("<html>", mimetype="text/html"),
        lambda: Response("[]", mimetype="application/json"),
        lambda: Response("[" * 100_000, mimetype="application/json"),
        lambda: Response(status=302, headers={"Location": "http://127.0.0.1:1/"}),
    ],
    ids=["failure", "html", "list", "deep", "redirect"],
)
def test_unusable_response_is_refused(
    app: Flask, browser: Browser, path: str, answer: Callable[[], Response]
) -> None:
    browser.odd.answers[path] = answer
    asked = browser.client.get(f"/sign-in/with/example?site=default&url={PAGE}")
    if path.startswith("/.well-known"):
        refused(asked, "could not be used")
    else:
        refused(browser.come_back(), "could not be used|does not answer|no token|keys of")
    assert count(app, Identity) == 0


def test_unresponsive_provider_times_out(
    app: Flask, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.come_back("warm")
    monkeypatch.setattr(fetching, "TIMEOUT", (0.2, 0.2))
    silent = threading.Event()

    def wait() -> Response:
        silent.wait(2)
        return Response("late")

    browser.odd.answers["/token"] = wait
    refused(browser.come_back("two"), "does not answer")
    silent.set()
    assert count(app, Identity) == 1


def test_unreachable_provider_is_reported(browser: Browser) -> None:
    provider = browser.app.extensions["comments"].providers["example"]
    object.__setattr__(provider.row, "issuer", "http://127.0.0.1:1")
    answer = browser.client.get(f"/sign-in/with/example?site=default&url={PAGE}")
    refused(answer, "does not answer")


def test_subjects_with_one_verified_address_are_merged(app: Flask, browser: Browser) -> None:
    for verified, authors in (("false", 1), (False, 2), (None, 3), ("true", 4), (1, 5)):
        address = {"email": "ada@example.org", "email_verified": verified}
        browser.odd.claims = {"sub": f"ada-{authors}", **address}
        assert browser.come_back(f"code-{authors}").status_code == 303
        assert count(app, Author) == authors, verified
    for subject in ("proven-1", "proven-2"):
        address = {"email": "Ada@example.org", "email_verified": True}
        browser.odd.claims = {"sub": subject, **address}
        assert browser.come_back(subject).status_code == 303
    assert (count(app, Author), count(app, Identity)) == (6, 7)


def test_untrusted_address_merges_nobody(sqlite_url: str, make_app: MakeApp, odd: Odd) -> None:
    app = make_app(sqlite_url, PROVIDERS={"example": row(odd.issuer, trust_email=False)})
    browser = Browser(app, odd)
    for subject in ("one", "two"):
        odd.claims = {"sub": subject, "email": "ada@example.org", "email_verified": True}
        assert browser.come_back(subject).status_code == 303
    assert count(app, Author) == 2


def test_unknown_provider_is_not_found(browser: Browser) -> None:
    query = {"site": "default", "url": PAGE}
    assert browser.client.get("/sign-in/with/nobody", query_string=query).status_code == 404
    foreign = {"site": "default", "url": "https://evil.example/"}
    assert browser.client.get("/sign-in/with/example", query_string=foreign).status_code == 403
