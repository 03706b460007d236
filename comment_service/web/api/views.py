"""The routes of the JSON API, made from the table of operations, with limits per key."""

import time
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, render_template, request

from comment_service.web.api.caller import bucket
from comment_service.web.api.operations import OPERATIONS, PREFIX, Operation
from comment_service.web.http.rate_limits import limiter

blueprint = Blueprint("api", __name__, url_prefix=PREFIX)

CALLS = 600
"""Calls of one key per ``WINDOW`` seconds; without a valid key, of one network."""
WINDOW = 60
POLICY = "calls"
DOCUMENT_SECONDS = 300
"""How long caches keep the document and the page of reference."""


def calls() -> str:
    """Return the limit of calls, as Flask-Limiter reads it."""
    return f"{CALLS} per {WINDOW} seconds"


@limiter.shared_limit(calls, scope="api", key_func=bucket)
def _carry_out(operation: Operation, ids: dict[str, Any]) -> Response:
    from comment_service.web.api import dispatch  # with pydantic, which other requests do not need

    return dispatch.answer(operation, ids)


def _view(operation: Operation) -> Callable[..., Response]:
    def view(**ids: Any) -> Response:
        return _carry_out(operation, ids)

    return view


for _operation in OPERATIONS:
    blueprint.add_url_rule(
        _operation.path, _operation.name, _view(_operation), methods=[_operation.method]
    )


@blueprint.get("/openapi.json", endpoint="document")
def show_document() -> Response:
    """Serve the OpenAPI document; it needs no key."""
    from comment_service.web.api import reference

    answer = Response(reference.document_text(), mimetype="application/json")
    return _for_everybody(answer)


@blueprint.get("/", endpoint="reference")
def show_reference() -> Response:
    """Show every operation and every shape; it needs no key."""
    from comment_service.web.api import reference

    page = render_template("comments/api/reference.html", reference=reference.read())
    return _for_everybody(Response(page, mimetype="text/html"))


def _for_everybody(answer: Response) -> Response:
    answer.headers["Cache-Control"] = f"public, max-age={DOCUMENT_SECONDS}"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


@blueprint.after_request
def tell_limit(answer: Response) -> Response:
    """Tell the client how many calls it has left, and when it may call again."""
    window = limiter.current_limit
    if window is None:
        return answer
    seconds = max(0, round(window.reset_at - time.time()))
    answer.headers["RateLimit-Policy"] = f'"{POLICY}";q={CALLS};w={WINDOW}'
    answer.headers["RateLimit"] = f'"{POLICY}";r={max(0, window.remaining)};t={seconds}'
    if answer.status_code == 429 and "Retry-After" not in answer.headers:
        answer.headers["Retry-After"] = str(max(1, seconds))
    return answer
