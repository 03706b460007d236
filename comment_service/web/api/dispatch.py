"""Carry out an operation: validate query and body, call its function, write the answer."""

import inspect
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import urlencode

from flask import Response, request
from pydantic import ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from comment_service.errors import InvalidFields
from comment_service.web.api.caller import caller
from comment_service.web.api.operations import Operation, handlers
from comment_service.web.api.reply import Reply
from comment_service.web.api.shapes import NoQuery, Sent, Shape


@dataclass(frozen=True)
class Signature:
    """The shapes of an operation; None where it has no body or no answer."""

    query: type[Sent]
    body: type[Sent] | None
    answer: type[Shape] | None


@cache
def signature(name: str) -> Signature:
    """Return the shapes of an operation, from the annotations of its function."""
    hints = get_type_hints(handlers()[name])
    found = hints["return"]
    if get_origin(found) is Reply:
        found = get_args(found)[0]
    answer = None if found is type(None) else found
    return Signature(hints.get("query", NoQuery), hints.get("body"), answer)


def answer(operation: Operation, ids: dict[str, Any]) -> Response:
    """Return the answer to the current request.

    Raises:
        errors.Refusal: with the reason.
    """
    who = caller(operation.scope)
    shapes, handler = signature(operation.name), handlers()[operation.name]
    values = {name: _storable(value) for name, value in ids.items()}
    values["query"] = _query(shapes.query)
    if shapes.body is not None:
        values["body"] = _body(shapes.body)
    done = handler(who, **{k: v for k, v in values.items() if k in _parameters(operation.name)})
    status = operation.status
    if isinstance(done, Reply):
        status, done = done.status or status, done.body
    if done is None:
        return _with_cache(Response(status=status), None)
    written = Response(done.model_dump_json(), status=status, mimetype="application/json")
    return _with_cache(written, getattr(done, "next", None))


def _storable(value: Any) -> Any:
    """Return a part of the path without NUL, which a database cannot store."""
    return value.replace("\0", "") if isinstance(value, str) else value


@cache
def _parameters(name: str) -> frozenset[str]:
    return frozenset(inspect.signature(handlers()[name]).parameters)


def _with_cache(written: Response, following: str | None) -> Response:
    """Add what a client needs to ask again, and the address of the next part of a list."""
    if following:
        query = urlencode({**request.args.to_dict(), "cursor": following})
        path = f"{request.script_root}{request.path}"
        written.headers["Link"] = f'<{path}?{query}>; rel="next"'
    if request.method not in {"GET", "HEAD"}:
        written.headers["Cache-Control"] = "no-store"
        return written
    written.headers["Cache-Control"] = "private, no-cache"
    written.headers["Vary"] = "Authorization"
    written.add_etag()
    written.make_conditional(request)
    return written


def _query(shape: type[Sent]) -> Sent:
    """Return the query string as a shape.

    Raises:
        InvalidFields: a parameter is unknown, has a wrong value or is sent twice.
    """
    twice = [name for name, values in request.args.lists() if len(values) > 1]
    if twice:
        raise InvalidFields({name: ["Send this once."] for name in twice})
    try:
        return shape.model_validate(request.args.to_dict())
    except ValidationError as error:
        raise _refusal(error) from None


def _body(shape: type[Sent]) -> Sent:
    """Return the body as a shape.

    Raises:
        UnsupportedMediaType: it is not sent as JSON.
        InvalidFields: it is no JSON, or a field is unknown, missing or has a wrong value.
    """
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send JSON with the header `Content-Type: application/json`.")
    try:
        return shape.model_validate_json(request.get_data(cache=False), strict=True)
    except ValidationError as error:
        raise _refusal(error) from None


def _refusal(error: ValidationError) -> InvalidFields:
    problems: dict[str, list[str]] = {}
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        field = ".".join(str(part) for part in one["loc"])
        problems.setdefault(field, []).append(one["msg"].removeprefix("Value error, "))
    return InvalidFields(problems)
