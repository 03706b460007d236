"""The OpenAPI 3.1 document, made from the table of operations and the shapes that validate."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from comment_service import __version__
from comment_service.web.api.comments import IDEMPOTENCY_KEY, MAX_KEY
from comment_service.web.api.dispatch import signature
from comment_service.web.api.operations import OPERATIONS, PREFIX, Operation
from comment_service.web.api.shapes import Problem

_REF = "#/components/schemas/{model}"
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
_IDEMPOTENT = frozenset({"create_comment", "reply_to_comment"})
"""Operations that read the header ``Idempotency-Key``."""
_TAGS = {
    "sites": "Sites of the key.",
    "pages": "Pages and their public threads.",
    "comments": "Read, submit, edit and delete comments.",
    "moderation": "The queue, decisions, bulk actions, undo.",
    "settings": "Rules, blocklists and team of a site.",
    "filter": "Score texts; train, promote and roll back models.",
}
_SCOPES = {
    "read": "read published and pending comments",
    "comment": "submit comments for people",
    "score": "ask the filter about texts",
    "moderate": "see the queue, decide, change pages",
    "manage": "change rules, lists and models; see the team",
}
_PROBLEMS = {
    "400": "The request cannot be carried out as things are.",
    "401": "No valid key was sent.",
    "403": "The key, or the person for whom it acts, may not do this.",
    "404": "It does not exist for this key.",
    "405": "The address has no such method.",
    "409": "Something else happened in the meantime, or it is done already.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "Some values are not accepted; `errors` names them.",
    "429": "Too many calls; wait as long as `Retry-After` says.",
    "503": "Try again later.",
}
_RATE_HEADERS = {
    "RateLimit": {
        "description": 'Calls that are left, and seconds until more: `"calls";r=599;t=60`.',
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {
        "description": 'Calls per window in seconds: `"calls";q=600;w=60`.',
        "schema": {"type": "string"},
    },
}
_ETAG = {"description": "Send it in `If-None-Match`.", "schema": {"type": "string"}}
_LINK = {
    "description": 'The address of the next part, with `rel="next"`.',
    "schema": {"type": "string"},
}


@cache
def document() -> Mapping[str, Any]:
    """Return the OpenAPI document of the API."""
    schemas = _schemas()
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        path = PREFIX + _PARAMETER.sub(r"{\2}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "comment_service",
            "version": __version__,
            "description": "Comments, moderation and the spam filter for programs. Times are UTC; "
            "answers may get new fields; unknown fields in requests are refused.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key as the page *API keys* shows it once. Scopes: "
                    + "; ".join(f"`{name}`: {text}" for name, text in _SCOPES.items())
                    + ".",
                }
            },
            "schemas": schemas,
        },
    }


def _schemas() -> dict[str, Any]:
    """Return name → JSON schema of every body and answer."""
    models: dict[tuple[type[BaseModel], Any], None] = {(Problem, "serialization"): None}
    for operation in OPERATIONS:
        shapes = signature(operation.name)
        if shapes.body is not None:
            models[shapes.body, "validation"] = None
        if shapes.answer is not None:
            models[shapes.answer, "serialization"] = None
    _by_model, found = models_json_schema(list(models), ref_template=_REF)
    schemas: dict[str, Any] = found["$defs"]
    return {name: _plain(schemas[name]) for name in sorted(schemas)}


def _plain(value: Any) -> Any:
    """Return a schema without the titles that pydantic makes of names."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: {name: _plain(one) for name, one in inner.items()}
        if key == "properties"
        else _plain(inner)
        for key, inner in value.items()
        if not (key == "title" and isinstance(inner, str))
    }


def _operation(operation: Operation, schemas: Mapping[str, Any]) -> dict[str, Any]:
    shapes = signature(operation.name)
    written: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.subject],
        "summary": operation.summary,
        "description": f"Scope: `{operation.scope}`.",
        "x-scope": operation.scope,
        "parameters": [*_path_parameters(operation), *_query_parameters(shapes.query)],
        "responses": _responses(operation, schemas),
    }
    if operation.name in _IDEMPOTENT:
        written["parameters"].append(
            {
                "name": IDEMPOTENCY_KEY,
                "in": "header",
                "description": "A name of this call; the same call again returns the first result.",
                "schema": {"type": "string", "maxLength": MAX_KEY, "pattern": "^[!-~]*$"},
            }
        )
    if shapes.body is not None:
        content = {"application/json": {"schema": {"$ref": _ref(shapes.body)}}}
        written["requestBody"] = {"required": True, "content": content}
    return written


def _ref(shape: type[BaseModel]) -> str:
    return _REF.format(model=shape.__name__)


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    numbers = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
    names = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9._-]+$"}
    return [
        {"name": name, "in": "path", "required": True, "schema": numbers if kind else names}
        for kind, name in _PARAMETER.findall(operation.path)
    ]


def _query_parameters(shape: type[BaseModel]) -> list[dict[str, Any]]:
    schema = _plain(shape.model_json_schema(ref_template=_REF))
    found = []
    for name, described in schema.get("properties", {}).items():
        own = _without_null(described)
        parameter = {"name": name, "in": "query", "required": name in schema.get("required", ())}
        if "description" in own:
            parameter["description"] = own.pop("description")
        found.append({**parameter, "schema": own})
    return found


def _without_null(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a parameter, which is left out where a body would say null."""
    own = dict(described)
    kinds = [one for one in own.pop("anyOf", []) if one != {"type": "null"}]
    if own.get("default", 0) is None:
        del own["default"]
    return {**own, **kinds[0]} if kinds else own


def _responses(operation: Operation, schemas: Mapping[str, Any]) -> dict[str, Any]:
    shapes = signature(operation.name)
    done: dict[str, Any] = {"description": "Done.", "headers": dict(_RATE_HEADERS)}
    if shapes.answer is not None:
        done["content"] = {"application/json": {"schema": {"$ref": _ref(shapes.answer)}}}
        if "next" in schemas[shapes.answer.__name__]["properties"]:
            done["headers"]["Link"] = _LINK
    found = {str(operation.status): done}
    if operation.method == "GET":
        done["headers"]["ETag"] = _ETAG
        found["304"] = {"description": "It has not changed."}
    if operation.name in _IDEMPOTENT:
        found["200"] = {**done, "description": "The result of the first call with this key."}
    problem = {"application/problem+json": {"schema": {"$ref": _ref(Problem)}}}
    bodyless = {"413", "415"} if shapes.body is None else set()
    for status, text in _PROBLEMS.items():
        if status not in bodyless:
            found[status] = {"description": text, "content": problem}
    return found
