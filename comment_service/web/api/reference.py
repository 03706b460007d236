"""The reference of the API: the document as JSON, as a page, and as Markdown for the docs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from comment_service.web.api.openapi import document


@dataclass(frozen=True)
class Field:
    """A parameter, or a field of a shape."""

    name: str
    kind: str
    required: bool
    text: str
    where: str = ""  # path, query or header


@dataclass(frozen=True)
class OperationText:
    """An operation as people read it; ``body`` and ``answer`` name shapes."""

    name: str
    method: str
    path: str
    scope: str
    summary: str
    status: str
    parameters: Sequence[Field]
    body: str
    answer: str


@dataclass(frozen=True)
class ShapeText:
    """A shape as people read it."""

    name: str
    text: str
    fields: Sequence[Field]


@dataclass(frozen=True)
class Reference:
    """Everything in the document."""

    subjects: Sequence[tuple[str, str, Sequence[OperationText]]]
    shapes: Sequence[ShapeText]


def document_text() -> str:
    """Return the OpenAPI document as JSON text."""
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


@cache
def read() -> Reference:
    """Return the document as people read it."""
    paths, tags = document()["paths"], document()["tags"]
    found: dict[str, list[OperationText]] = {tag["name"]: [] for tag in tags}
    for path, methods in paths.items():
        for method, one in methods.items():
            found[one["tags"][0]].append(_operation(path, method, one))
    shapes = document()["components"]["schemas"].items()
    return Reference(
        [(tag["name"], tag["description"], found[tag["name"]]) for tag in tags],
        [ShapeText(name, one.get("description", ""), _fields(one)) for name, one in shapes],
    )


def _operation(path: str, method: str, one: Mapping[str, Any]) -> OperationText:
    parameters = [
        Field(
            name=sent["name"],
            kind=_kind(sent["schema"]),
            required=sent.get("required", False),
            text=sent.get("description", ""),
            where=sent["in"],
        )
        for sent in one["parameters"]
    ]
    status = next(code for code in one["responses"] if code.startswith("2"))
    return OperationText(
        name=one["operationId"],
        method=method.upper(),
        path=path,
        scope=one["x-scope"],
        summary=one["summary"],
        status=status,
        parameters=parameters,
        body=_shape(one.get("requestBody", {})),
        answer=_shape(one["responses"][status]),
    )


def _shape(part: Mapping[str, Any]) -> str:
    """Return the name of the shape of a body or an answer, "" if it has none."""
    for content in part.get("content", {}).values():
        return _name(content["schema"]["$ref"])
    return ""


def _name(ref: str) -> str:
    return ref.rpartition("/")[2]


def _fields(schema: Mapping[str, Any]) -> list[Field]:
    required = schema.get("required", ())
    return [
        Field(name, _kind(one), name in required, one.get("description", ""))
        for name, one in schema.get("properties", {}).items()
    ]


_LIMITS = {
    "minimum": "from {}", "maximum": "to {}", "minLength": "at least {} characters",
    "maxLength": "at most {} characters", "minItems": "at least {} items",
    "maxItems": "at most {} items", "default": "default {}",
}  # fmt: skip


def _kind(schema: Mapping[str, Any]) -> str:
    """Return a type with its limits, such as ``integer, from 1, to 100``."""
    shown = {
        key: text.format(json.dumps(schema[key]))
        for key, text in _LIMITS.items()
        if schema.get(key) not in (None, "")
    }
    return ", ".join([_type(schema), *shown.values()])


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return _name(schema["$ref"])
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    kind = str(schema.get("type", "anything"))
    return "time" if schema.get("format") == "date-time" else kind


def markdown() -> str:
    """Return the reference as a page of the documentation."""
    reference = read()
    lines = [
        "# API reference",
        "",
        "Made from the table of operations. A server shows the same at `/api/v1/`, and as an",
        "OpenAPI 3.1 document at `/api/v1/openapi.json` ([this version](openapi.json)).",
        "[The guide](api.md) shows how to begin.",
    ]
    for name, text, operations in reference.subjects:
        lines += ["", f"## {name.capitalize()}", "", text]
        for one in operations:
            lines += _markdown_operation(one)
    lines += ["", "## Shapes"]
    for shape in reference.shapes:
        lines += ["", f"### {shape.name}", "", shape.text, "", *_table(shape.fields)]
    return "\n".join(lines) + "\n"


def _markdown_operation(one: OperationText) -> list[str]:
    body = f"Body: [{one.body}](#{one.body.lower()}). " if one.body else ""
    shape = f" with [{one.answer}](#{one.answer.lower()})" if one.answer else ""
    lines = [
        "", f"### {one.name}", "", f"`{one.method}` `{one.path}`", "",
        f"{one.summary}. Scope `{one.scope}`. {body}Answers {one.status}{shape}.",
    ]  # fmt: skip
    return [*lines, "", *_table(one.parameters)] if one.parameters else lines


def _table(fields: Sequence[Field]) -> list[str]:
    rows = []
    for one in fields:
        name = f"`{one.name}`{' *' if one.required else ''}"
        place = f"{one.where}; " if one.where else ""
        rows.append(f"| {name} | {place}{one.kind} | {one.text} |".replace("  ", " "))
    return ["| name (* required) | type | |", "| --- | --- | --- |", *rows]
