"""The Akismet-compatible API: exact answers, quarantine of reports, two keys and two sites."""

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from comment_service.actions.admin import api_keys
from comment_service.actions.filter import external_check
from comment_service.actions.readers import person
from comment_service.errors import InvalidFields
from comment_service.notify import worker
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.filter import labels
from comment_service.storage.tables import ApiKey, ExternalCheck, Label, Site
from comment_service.web.akismet import views
from tests.conftest import MakeApp
from tests.fakes import FakeClassifier, FakeClock, FakeScore
from tests.people import Moderator

BLOG = "https://wordpress.example"
SPAM = "Play at the casino tonight and win at the lowest price"
HAM = "I tried this with the older version and it works there as well"


def make_key(app: Flask, site: str = "default", scopes: Sequence[str] = ("akismet",)) -> str:
    with app.app_context(), transaction() as current:
        row = sites.find(current, site)
        assert row is not None
        state = app.extensions["comments"]
        made = api_keys.create(
            session=current, runtime=state, site_id=row.id, name="WordPress", scopes=scopes, by=None
        )
        return made.token


class Client:
    """A program with a key."""

    def __init__(self, app: Flask, key: str = "", site: str = "default") -> None:
        self.app, self.key = app, key or make_key(app, site)
        self.client = app.test_client()

    def send(self, path: str, method: str = "POST", **fields: Any) -> TestResponse:
        return self.client.open(path, method=method, data={"api_key": self.key, **fields})

    def check(self, text: str, **fields: Any) -> TestResponse:
        sent = {"blog": BLOG, "user_ip": "203.0.113.9", "comment_content": text, **fields}
        return self.send("/1.1/comment-check", **sent)

    def report(self, what: str, text: str, **fields: Any) -> TestResponse:
        return self.send(f"/1.1/submit-{what}", blog=BLOG, comment_content=text, **fields)


@pytest.fixture
def client(app: Flask) -> Client:
    return Client(app)


@pytest.fixture
def other_site(app: Flask) -> str:
    with app.app_context(), transaction() as current:
        now = app.extensions["comments"].now()
        sites.ensure_site(
            current, key="other", name="Other", origins=["https://o.example"], now=now
        )
    return "other"


def body(answer: TestResponse) -> str:
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.get_data(as_text=True)


def rows(app: Flask, kind: Any) -> list[Any]:
    with app.app_context():
        return list(session().scalars(select(kind).order_by(kind.id)))


@pytest.mark.parametrize("name", ["api_key", "key"])
def test_key_is_verified_wherever_it_is_sent(app: Flask, client: Client, name: str) -> None:
    asked = app.test_client()
    answer = asked.post("/1.1/verify-key", data={name: client.key, "blog": BLOG})
    assert body(answer) == "valid"
    assert "X-akismet-debug-help" not in answer.headers
    wrong = asked.post("/1.1/verify-key", data={name: "000000000000", "blog": BLOG})
    assert body(wrong) == "invalid"
    assert wrong.headers["X-akismet-debug-help"]
    assert body(asked.post("/1.1/verify-key", data={name: client.key})) == "invalid"


def test_key_in_the_host_name(app: Flask, client: Client) -> None:
    asked = app.test_client()
    for host, expected in ((f"{client.key}.comments.example", "false"), ("x.example", "invalid")):
        answer = asked.post(
            "/1.1/comment-check",
            data={"blog": BLOG, "user_ip": "203.0.113.9", "comment_content": HAM},
            headers={"Host": host},
        )
        assert body(answer) == expected


def test_key_in_the_host_name_behind_a_proxy(make_app: MakeApp, database_url: str) -> None:
    app = make_app(database_url, PUBLIC_URL="https://comments.example", TRUSTED_PROXIES="127.0.0.1")
    answer = app.test_client().post(
        "/1.1/verify-key",
        data={"blog": BLOG},
        headers={"Host": f"{make_key(app)}.comments.example"},
    )
    assert body(answer) == "valid"


def test_key_has_only_what_the_wordpress_plugin_keeps_of_it(app: Flask) -> None:
    keys = [make_key(app) for _ in range(10)]
    assert [re.sub(r"[^a-f0-9]", "", key)[:12] for key in keys] == keys
    assert {len(key) for key in keys} == {12}


def test_statistics_of_the_plugin_are_those_of_its_blog(
    app: Flask, client: Client, clock: FakeClock
) -> None:
    second = Client(app)
    client.check(SPAM)
    clock.forward(days=100)
    client.check(HAM)
    client.report("spam", HAM)
    client.check(SPAM, blog="https://b.example")
    second.check(SPAM)

    def told(since: str, blog: str = BLOG) -> Any:
        return client.send("/1.1/get-stats", blog=blog, **{"from": since}).get_json()

    assert told("all") == {
        "spam": 1, "ham": 1, "missed_spam": 1, "false_positives": 0, "accuracy": "50.00",
    }  # fmt: skip
    assert [told(since)["spam"] for since in ("60-days", "6-months", "anything")] == [0, 1, 1]
    assert told("all", "https://c.example")["accuracy"] == "0.00"
    assert client.client.get("/1.1/test").get_data() == b"connected"


def test_answers_of_the_filter(app: Flask, client: Client) -> None:
    spam = client.check(SPAM, comment_type="contact-form", unknown="field")
    assert body(spam) == "true"
    assert spam.headers["X-akismet-pro-tip"] == "discard"
    ham = client.check(HAM)
    assert body(ham) == "false"
    assert "X-akismet-pro-tip" not in ham.headers
    for answer in (spam, ham):
        assert "X-akismet-debug-help" not in answer.headers
        assert answer.headers["X-akismet-guid"]
    found = rows(app, ExternalCheck)
    assert [(row.answer, row.kind) for row in found] == [("spam", "contact-form"), ("ham", "")]
    assert "203.0.113.9" not in str([vars(row) for row in found])
    assert rows(app, Label) == []


@pytest.mark.parametrize("missing", ["blog", "user_ip"])
def test_missing_field_is_named(client: Client, missing: str) -> None:
    answer = client.check(HAM, **{missing: ""})
    assert body(answer) == f"Missing required field: {missing}."
    assert missing in answer.headers["X-akismet-debug-help"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"comment_author": "viagra-test-123"}, "true"),
        ({"comment_author": "akismet-guaranteed-spam"}, "true"),
        ({"comment_author_email": "akismet-guaranteed-spam@example.com"}, "true"),
        ({"user_role": "administrator"}, "false"),
    ],
)
def test_values_that_clients_test_with(
    app: Flask, client: Client, fields: dict[str, str], expected: str
) -> None:
    text = HAM if expected == "true" else SPAM
    assert body(client.check(text, **fields)) == expected
    assert rows(app, ExternalCheck) == []


def test_test_calls_leave_no_trace(app: Flask, client: Client) -> None:
    assert body(client.check(SPAM, is_test="1")) == "true"
    assert body(client.report("ham", SPAM, is_test="true")) == views.THANKS
    assert rows(app, ExternalCheck) == rows(app, Label) == []


def test_honeypot_of_the_client_counts(client: Client) -> None:
    named = {"honeypot_field_name": "website2"}
    assert body(client.check(HAM, **named, website2="")) == "false"
    assert body(client.check(HAM, **named, website2="https://x.example")) == "true"


def test_blocklist_of_the_site_counts(app: Flask, client: Client, other_site: str) -> None:
    with app.app_context(), transaction() as current:
        row = current.scalars(select(Site).where(Site.key == "default")).one()
        now = app.extensions["comments"].now()
        sites.add_to_list(
            current, row.id, kind="word", values=["zeppelin"], status="spam", actor="x", now=now
        )
    assert body(client.check("I like the zeppelin very much")) == "true"
    assert body(Client(app, site=other_site).check("I like the zeppelin very much")) == "false"


def test_key_of_one_site_is_no_key_of_another_and_ends_when_revoked(
    app: Flask, client: Client, other_site: str
) -> None:
    other = Client(app, site=other_site)
    client.report("spam", HAM)
    other.check(HAM)
    with app.app_context():
        found = [(row.site_id, row.reported) for row in session().scalars(select(ExternalCheck))]
    assert sorted(found) == [(1, "spam"), (2, "")]
    with app.app_context(), transaction() as current:
        state = app.extensions["comments"]
        api_keys.revoke(session=current, runtime=state, by=None, key_id=1)
    assert body(client.check(HAM)) == "invalid"
    assert body(other.check(HAM)) == "false"


def test_key_for_other_things_is_invalid(app: Flask) -> None:
    token = make_key(app, scopes=("read", "moderate"))
    assert token.startswith("cs_")
    assert body(Client(app, token).check(HAM)) == "invalid"
    for scopes in ([], ["akismet", "read"], ["root"]):
        with pytest.raises(InvalidFields):
            make_key(app, scopes=scopes)
    assert len(make_key(app)) == 12


def test_reports_are_quarantined_until_people_agree(app: Flask, client: Client) -> None:
    owner = Moderator(app)
    with app.app_context():
        assert labels.count(session(), 1) == {}
    for number in range(external_check.MIN_COMPARED + 1):
        text = f"{HAM}, in case {'abcdefghijklm'[number]}"
        client.check(text)
        assert body(client.report("spam", text)) == views.THANKS
        assert body(client.report("spam", text)) == views.THANKS  # again: nothing more
        if number < external_check.MIN_COMPARED:
            with app.app_context():
                learned = labels.count(session(), 1)
            assert learned.get("spam", 0) == number  # what people decided
            owner.post(f"/moderation/checked/{number + 1}/decide", decision="spam")
    with app.app_context():
        key = session().scalars(select(ApiKey)).one()
        assert key.trusted_at is not None
        assert labels.count(session(), 1)["spam"] == 2 * external_check.MIN_COMPARED + 1


def test_key_that_people_contradict_loses_its_trust(app: Flask, client: Client) -> None:
    owner = Moderator(app)
    for number in range(20):
        text = f"{HAM}, in case {'abcdefghijklmnopqrstuvw'[number]}"
        client.report("spam", text)
        owner.post(f"/moderation/checked/{number + 1}/decide", decision="spam")
    assert rows(app, ApiKey)[0].trusted_at is not None
    for number in range(6):
        owner.post(f"/moderation/checked/{number + 1}/decide", decision="ham")
    assert rows(app, ApiKey)[0].trusted_at is None
    withdrawn = [row for row in rows(app, Label) if row.withdrawn_at is not None]
    assert len(withdrawn) == 6


def test_corrected_text_is_answered_as_corrected(
    app: Flask, client: Client, other_site: str
) -> None:
    assert body(client.check(HAM)) == "false"
    client.report("spam", HAM)
    assert body(client.check(HAM)) == "false"  # nobody trusts the key yet
    Moderator(app).post("/moderation/checked/1/decide", decision="spam")
    again = client.check(HAM.upper())
    assert (body(again), again.headers["X-akismet-pro-tip"]) == ("true", "discard")
    assert body(Client(app, site=other_site).check(HAM)) == "false"


def test_usage_and_sites_are_counted_by_key(app: Flask, client: Client) -> None:
    second = Client(app)
    client.check(SPAM)
    client.check(HAM)
    client.check(HAM, blog="https://b.example")
    client.report("spam", HAM)  # of the blog that had it checked last
    second.check(HAM)
    usage = client.send("/1.2/usage-limit", extended="true").get_json()
    assert usage["limit"] == "none"
    assert (usage["usage"], usage["throttled"], usage["upgrade"]) == (3, False, False)
    assert usage["percentage"] == "0.00"
    month = app.extensions["comments"].now().strftime("%Y-%m")
    told = client.client.get("/1.2/key-sites", query_string={"api_key": client.key}).get_json()
    assert [(row["site"], row["api_calls"], row["spam"]) for row in told[month]] == [
        (BLOG, 2, 1), ("https://b.example", 1, 0),
    ]  # fmt: skip
    assert sum(row["missed_spam"] for row in told[month]) == 1
    assert (told["total"], told["limit"], told["offset"]) == (2, 500, 0)
    table = client.send("/1.2/key-sites", format="csv", filter="b.example")
    assert table.get_data(as_text=True).splitlines() == [
        "Site,Total API Calls,Spam,Ham,Missed Spam,False Positives,Is Revoked",
        "https://b.example,1,0,1,1,0,false",
    ]


def test_filter_without_a_model_answers_neither(
    make_app: MakeApp, database_url: str, tmp_path: Any
) -> None:
    app = make_app(database_url, real_model=True, MODEL_PATH=str(tmp_path / "none"))
    answer = Client(app).check(HAM)
    assert (answer.status_code, answer.get_data(as_text=True)) == (503, "error")
    assert answer.headers["X-akismet-error"]
    assert answer.headers["Retry-After"]


def test_texts_are_deleted_after_ninety_days(app: Flask, client: Client, clock: FakeClock) -> None:
    client.report("spam", HAM)
    clock.forward(days=1)
    client.check(SPAM)
    clock.now += external_check.KEPT - timedelta(hours=1)
    with app.app_context():
        worker.sweep(app.extensions["comments"])
    assert [row.text for row in rows(app, ExternalCheck)] == [SPAM]
    assert rows(app, ExternalCheck)[0].network == ""
    assert [row.text for row in rows(app, Label)] == [HAM]


def test_pages_show_keys_and_texts_of_own_sites_only(app: Flask, other_site: str) -> None:
    client, other = Client(app), Client(app, site=other_site)
    client.check("<b>here</b> " + HAM)
    other.check("far " + HAM)
    owner = Moderator(app, "Here", site="default")
    page = owner.client.get("/moderation/checked/").get_data(as_text=True)
    assert "&lt;b&gt;here&lt;/b&gt;" in page
    assert "far " not in page
    assert owner.client.get("/moderation/checked/?site=other").status_code == 404
    assert owner.post("/moderation/checked/2/decide", decision="spam").status_code == 404
    assert owner.post("/moderation/api-keys/2/revoke").status_code == 404
    listed = owner.client.get("/moderation/api-keys/").get_data(as_text=True)
    assert listed.count(f"…{client.key[-4:]}") == 1
    assert f"…{other.key[-4:]}" not in listed
    assert client.key not in listed
    refused = owner.post("/moderation/api-keys/", name="All", scope="read", where="*")
    assert refused.status_code == 404
    made = owner.post("/moderation/api-keys/", name="Mine", scope="akismet")
    assert 'class="code"' in made.get_data(as_text=True)
    assert owner.post("/moderation/api-keys/1/revoke").status_code == 303
    assert body(client.check(HAM)) == "invalid"
    assert body(other.check(HAM)) == "false"


def test_texts_belong_to_the_data_of_a_person(app: Flask, client: Client, other_site: str) -> None:
    other = Client(app, site=other_site)
    for one, address in ((client, "ada@example.org"), (client, "b@example.org")):
        one.check(f"{HAM} {address}", comment_author_email=address)
    other.check(HAM, comment_author_email="ADA@example.org")
    with app.app_context():
        state, site = app.extensions["comments"], session().get_one(Site, 1)
        told = "".join(
            person.export_person(
                session=session(), runtime=state, site=site, address="Ada@example.org"
            )
        )
        [checked] = json.loads(told)["checked_texts"]
        assert checked["email"] == "ada@example.org"
        with transaction() as current:
            found = person.erase_person(
                session=current, runtime=state, site=current.get_one(Site, 1),
                address="Ada@example.org", actor="x",
            )  # fmt: skip
        assert found.checks == 1
    left = [(row.site_id, row.email) for row in rows(app, ExternalCheck)]
    assert left == [(1, "b@example.org"), (2, "ADA@example.org")]


def test_context_reaches_the_filter(
    app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    score = FakeClassifier.score

    def watched(self: FakeClassifier, text: str, **evidence: object) -> FakeScore:
        seen.append(evidence["page_text"])
        return score(self, text, **evidence)

    monkeypatch.setattr(FakeClassifier, "score", watched)
    client.check(HAM, **{"comment_context[0]": "sailing", "comment_context[1]": "knots"})
    assert seen == ["sailing\nknots"]


def test_keys_cannot_be_guessed_without_end(app: Flask, client: Client) -> None:
    number = int(views.CALLS.split()[0])
    guesses = [Client(app, f"{guess:012d}").check(HAM) for guess in range(number + 1)]
    assert [answer.status_code for answer in guesses] == [200] * number + [429]
    assert guesses[-1].headers["Retry-After"] == "60"
    assert body(client.check(HAM)) == "false"  # a key has calls of its own


def test_long_address_of_a_blog_is_one_blog(app: Flask, client: Client) -> None:
    blog = f"https://b.example/{'x' * 600}"
    client.check(HAM, blog=blog)
    client.send("/1.1/submit-spam", blog=blog, comment_content=HAM)
    month = app.extensions["comments"].now().strftime("%Y-%m")
    [told] = client.send("/1.2/key-sites").get_json()[month]
    assert (told["site"], told["api_calls"], told["missed_spam"]) == (blog[:500], 1, 1)


def test_reports_of_a_revoked_key_decide_nothing(app: Flask, client: Client) -> None:
    other = Client(app)
    client.report("spam", HAM)
    with app.app_context(), transaction() as current:
        current.get_one(ApiKey, 1).trusted_at = app.extensions["comments"].now()
    assert body(other.check(HAM)) == "true"
    with app.app_context(), transaction() as current:
        state = app.extensions["comments"]
        api_keys.revoke(session=current, runtime=state, by=None, key_id=1)
    assert body(other.check(HAM)) == "false"
    page = Moderator(app).client.get("/moderation/checked/").get_data(as_text=True)
    assert page.count("alike") == 1
