"""schemathesis asks what the served document allows, and what it does not, with a key per scope."""

from collections import Counter
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, assume, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from comment_service.web.api import views
from tests.conftest import MakeApp
from tests.people import Moderator
from tests.web.api.programs import ALL, make_key, program, two_sites

CONFIG = """
[generation]
allow-x00 = false

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 409, 413, 415, 422]

[checks.positive_data_acceptance]
expected-statuses = ["2xx", 304, 400, 401, 403, 404, 409, 422]
"""
"""NUL is dropped before a length is checked; no schema says that a text has a visible character."""
SECRET = "A secret of the other site"


@pytest.fixture
def busy(make_app: MakeApp, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """Two sites with comments, decisions, batches and entries; no limit of calls."""
    monkeypatch.setattr(views, "CALLS", 1_000_000)
    app = make_app(sqlite_url, RATE_MINUTE=1_000_000, RATE_HOUR=1_000_000)
    two_sites(app)
    person = Moderator(app)
    for site, text in (("default", "Hello there, maybe"), ("other", SECRET)):
        one = program(app, site, by=person)
        ids = [one.say(f"{text} {n}", site, name=f"N {n}").json["id"] for n in range(5)]
        one.post(f"/comments/{ids[0]}/decisions", {"decision": "hold"})
        one.post("/batches", {"comment_ids": ids[1:3], "decision": "approve"})
        one.post("/lists", {"kind": "word", "values": ["lottery"]})
    yield app


def asked(app: Flask, examples: int) -> Counter[str]:
    """Ask every operation with a key of each scope; return how many calls got which status.

    Raises:
        AssertionError: an answer breaks the document, or goes beyond the key's scope or site.
    """
    config = SchemathesisConfig.from_str(CONFIG)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, config=config)
    person, found = Moderator(app, "Mia"), Counter[str]()
    keys = {scope: make_key(app, scopes=[scope], by=person) for scope in ALL}
    for number, result in enumerate(schema.get_all_operations()):
        operation = result.ok()
        needed = operation.definition.raw["x-scope"]
        for scope, key in keys.items():
            for mode in GenerationMode:
                number_of = examples if scope == needed else max(1, examples // 5)
                ask = _asking(operation, mode, key, is_allowed=scope == needed, found=found)
                limits = settings(
                    max_examples=number_of,
                    deadline=None,
                    database=None,
                    suppress_health_check=list(HealthCheck),
                )
                limits(seed(number)(ask))()
    return found


def _asking(
    operation: schemathesis.APIOperation,
    mode: GenerationMode,
    key: str,
    *,
    is_allowed: bool,
    found: Counter[str],
) -> Callable[[], None]:
    """Return a property: an answer keeps to the document, to the key's scope and to its site."""
    headers = {"Authorization": f"Bearer {key}"}

    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        answer = case.call(headers=headers)
        sent = parse_qs(urlsplit(str(answer.request.url)).query, keep_blank_values=True)
        assume(set(case.query or ()) <= sent.keys())  # an empty list is not sent at all
        case.validate_response(answer, headers=headers)
        found[str(answer.status_code)] += 1
        if not is_allowed:
            # a body over the limit is refused before anything reads the key
            assert answer.status_code in {401, 403, 404, 405, 413}, answer.text
        assert SECRET not in answer.text
        assert '"site":"other"' not in answer.text

    return ask


@pytest.mark.slow
def test_a_few_calls_of_each_operation_keep_to_the_document(busy: Flask) -> None:
    found = asked(busy, 5)
    assert found.total() > 300
    assert found["200"] and found["403"] and found["422"]


@pytest.mark.long
def test_twenty_thousand_calls_keep_to_the_document(busy: Flask) -> None:
    found = asked(busy, 200)
    print(dict(found))  # noqa: T201 - the figures of a run by hand
    assert found.total() >= 20_000
