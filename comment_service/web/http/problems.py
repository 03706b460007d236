"""Errors of the JSON API as problem details (RFC 9457)."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from flask import Response, request

PREFIX = "/api/"


def is_asked() -> bool:
    """Return True if the request is one of the JSON API, whether or not it has this path."""
    return request.path.startswith(PREFIX)


def problem(
    status: int, code: str, detail: str, fields: Mapping[str, Sequence[str]] | None = None
) -> Response:
    """Return an answer with problem details; ``fields`` maps a field's path to sentences."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if fields:
        body["errors"] = [
            {"field": name, "detail": str(sentence)}
            for name, sentences in fields.items()
            for sentence in sentences
        ]
    answer = Response(
        json.dumps(body, ensure_ascii=False), status=status, mimetype="application/problem+json"
    )
    answer.headers["Cache-Control"] = "no-store"
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="comments"'
    return answer
