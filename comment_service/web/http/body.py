"""Read the request body, an HTML form or JSON, as one mapping of sanitized strings."""

from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest

from comment_service.errors import InvalidFields, ServerBusy
from comment_service.text.storable import storable

_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})


def read_values() -> MultiDict[str, str]:
    """Return the fields of the request body, sent as a form or as JSON, as one mapping of strings.

    Raises:
        InvalidFields: the JSON is not an object of plain values.
    """
    if not request.is_json:
        return request.form
    try:
        body: Any = request.get_json()
    except (BadRequest, RecursionError):
        body = None
    plain = (str, int, float, bool, type(None))
    if not isinstance(body, dict) or not all(isinstance(v, plain) for v in body.values()):
        raise InvalidFields({"": ["The body must be a JSON object of plain values."]})
    return sanitize(MultiDict({str(k): _text(v) for k, v in body.items()}))


def sanitize(values: MultiDict[str, str]) -> MultiDict[str, str]:
    """Return the values without what a database cannot store: NUL and unpaired surrogates."""
    clean = [(key, storable(value)) for key, value in values.items(multi=True)]
    return values if clean == list(values.items(multi=True)) else MultiDict(clean)


def refuse_if_busy() -> None:
    """Refuse a write request that came while too many others wait for the database.

    Raises:
        ServerBusy: gives the text back.
    """
    if request.environ.get("comments.busy"):
        raise ServerBusy(
            "The server could not store this just now. Your text is kept: send it again soon.",
            retry_after=5,
        )


def sanitize_request() -> None:
    """Sanitize the query string and the form of the current request, so that they can be stored."""
    request.args = sanitize(request.args)
    has_length = request.content_length or "Transfer-Encoding" in request.headers
    if has_length or request.method not in _WITHOUT_BODY:
        request.form = sanitize(request.form)  # type: ignore[assignment]


def _text(value: object) -> str:
    """Return a JSON value as the string that an HTML form would send."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return "" if value is None else str(value)
