"""The house's import table as data, and the sizes of its files and functions.

Every import of the package is parsed; an arrow that is not in the table fails. A new arrow is a
reviewed decision: change the table in the commit that needs it, and say why.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "comment_service"
FILES = sorted(PACKAGE.rglob("*.py"))

GROUND = {
    "text",
    "errors",
    "events",
    "config",
    "paths",
    "runtime",
    "fetching",
    "deadline",
    "catalogues",
}
ARROWS: dict[str, set[str]] = {
    "__init__": {"app", "extension", "events", "identity"},
    "__main__": {"app", "cli", "extension"},
    "extension": {"app", "cli", "web", "identity", *GROUND},
    "app": {"web", "notify", "spam", "storage", "identity", *GROUND},
    "web": {"actions", "screening", "storage", "identity", *GROUND},
    "cli": {"actions", "notify", "storage", "spam", "transfer", "identity", *GROUND},
    "notify": {"actions", "screening", "storage", "identity", *GROUND},
    "actions": {"screening", "storage", "identity", "spam", "transfer", *GROUND},
    "screening": {"storage", *GROUND},
    "storage": GROUND,
    "spam": {"text"},
    "identity": {"text", "fetching"},
    "transfer": {"text"},
    "runtime": {"config"},
    "fetching": {"deadline"},
    "deadline": set(),
    "catalogues": set(),
    "text": set(),
    "errors": set(),
    "events": set(),
    "config": set(),
    "paths": set(),
}
FLASK = {"extension", "app", "cli", "web", "notify"}
FLASK_FILES = {"storage/session.py"}
SQLALCHEMY = {"storage", "actions", "screening"}
NO_DRAWERS = {"models", "services", "utils", "helpers", "common", "manager"}
MAX_FILE, MAX_FUNCTION = 250, 30
MEDIAN_FILE, MEDIAN_FUNCTION = 90, 10


def room(path: Path) -> str:
    """Return the room a file stands in, or the file's own name at the top."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else path.stem


def imports(tree: ast.AST) -> Iterator[tuple[str, bool]]:
    """Yield every imported module and whether that happens inside a function."""
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    typing_only = {
        id(node)
        for guard in ast.walk(tree)
        if isinstance(guard, ast.If) and ast.unparse(guard.test) == "TYPE_CHECKING"
        for node in ast.walk(guard)
    }
    for node in ast.walk(tree):
        lazy = id(node) in inside or id(node) in typing_only
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, lazy
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where something comes from"
            yield from ((f"{node.module}.{alias.name}", lazy) for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_every_import_is_an_arrow_of_the_table(path: Path) -> None:
    here, relative = room(path), str(path.relative_to(PACKAGE))
    for name, lazy in imports(ast.parse(path.read_text(encoding="utf-8"))):
        top, _, rest = name.partition(".")
        if top == "comment_service" and rest and rest != "__version__":
            target = rest.split(".")[0]
            assert target == here or target in ARROWS[here], f"{relative} must not import {target}"
        if top in {"flask", "flask_babel", "flask_wtf", "flask_sqlalchemy", "flask_limiter"}:
            assert here in FLASK or relative in FLASK_FILES, f"{relative} must not know Flask"
        if top == "sqlalchemy":
            assert here in SQLALCHEMY, f"{relative} must not know SQLAlchemy"
        if top in {"sklearn", "numpy", "scipy"}:
            assert here == "spam" and lazy, f"{relative} must import {top} in a function of spam/"


def test_the_table_has_no_circles() -> None:
    def reach(start: str, seen: set[str]) -> set[str]:
        for target in ARROWS[start] - seen:
            seen |= {target}
            seen |= reach(target, seen)
        return seen

    for start in ARROWS:
        assert start not in reach(start, set()), f"{start} leads back to itself"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_files_and_functions_stay_small(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= MAX_FILE, "split it by subject"
    for function in functions(source):
        assert length(function) <= MAX_FUNCTION, f"{function.name} has {length(function)} lines"


def functions(source: str) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]


def length(function: ast.FunctionDef) -> int:
    """Return a function's lines without its docstring."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        lines -= (first.end_lineno or 0) - first.lineno + 1
    return lines


def test_medians_stay_small() -> None:
    sources = [path.read_text(encoding="utf-8") for path in FILES]
    files = sorted(len(source.splitlines()) for source in sources)
    bodies = sorted(length(f) for source in sources for f in functions(source))
    assert files[len(files) // 2] <= MEDIAN_FILE
    assert bodies[len(bodies) // 2] <= MEDIAN_FUNCTION


def test_no_drawer_has_a_name_that_says_nothing() -> None:
    names = {part for path in FILES for part in (*path.relative_to(PACKAGE).parts[:-1], path.stem)}
    assert not names & NO_DRAWERS


def test_only_the_session_commits() -> None:
    for path in FILES:
        if path != PACKAGE / "storage" / "session.py":
            assert ".commit(" not in path.read_text(encoding="utf-8"), path


def test_only_the_errors_door_knows_the_status_of_a_refusal() -> None:
    for path in FILES:
        if room(path) in {"actions", "screening", "storage", "errors"}:
            source = path.read_text(encoding="utf-8")
            assert "status_code" not in source and "abort(" not in source, path
