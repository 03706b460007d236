"""The import tables of ``docs/architecture.md`` as data, for layers and for subjects.

Every import of the package is parsed, those inside functions included. An arrow that is not in a
table fails. A new arrow is a design decision: change the table in the commit that needs it, and say
why. ``make report`` prints the sizes of folders, files and functions.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "comment_service"
FILES = sorted(PACKAGE.rglob("*.py"))
IDS = [str(path.relative_to(PACKAGE)) for path in FILES]

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
    "forking",
}
LAYERS: Mapping[str, set[str]] = {
    "__init__": {"app", "extension", "events", "identity", "storage"},
    "__main__": {"app", "cli", "extension"},
    "extension": {"app", "cli", "web", "identity", *GROUND},
    "app": {"lifecycle", "web", "notify", "spam", "storage", "identity", *GROUND},
    "lifecycle": {"notify", "storage", *GROUND},
    "web": {"actions", "screening", "storage", "identity", *GROUND},
    "cli": {"actions", "notify", "storage", "spam", "transfer", "identity", *GROUND},
    "notify": {"actions", "screening", "storage", "transfer", "identity", *GROUND},
    "actions": {"screening", "storage", "identity", "spam", "transfer", *GROUND},
    "screening": {"storage", *GROUND},
    "storage": GROUND,
    "spam": {"text"},
    "identity": {"text", "fetching"},
    "transfer": {"text"},
    "runtime": {"config"},
    "fetching": {"deadline", "text"},
    "deadline": set(),
    "forking": set(),
    "catalogues": set(),
    "text": set(),
    "errors": set(),
    "events": {"forking"},
    "config": set(),
    "paths": set(),
}
"""Layer → the layers that it may import."""

SUBJECTS: Mapping[str, Mapping[str, set[str]]] = {
    "web": {
        "http": set(),
        "comments": {"http"},
        "readers": {"comments", "http"},
        "moderation": {"readers", "comments", "http"},
        "filter": {"moderation", "readers", "comments", "http"},
        "pages": {"moderation", "readers", "comments", "http"},
        "admin": {"filter", "pages", "moderation", "readers", "comments", "http"},
        "ops": {"http"},
        "akismet": {"http"},
        "api": {"http"},
        "front": {"http"},
        "replica_reads": {"http"},
        "errors": {"comments", "http"},
        "blueprints": {
            "admin",
            "akismet",
            "api",
            "comments",
            "filter",
            "moderation",
            "ops",
            "pages",
            "readers",
        },
    },
    "actions": {
        "comments": set(),
        "readers": {"comments"},
        "moderation": {"readers", "comments"},
        "filter": {"moderation", "readers", "comments"},
        "pages": {"moderation", "readers", "comments"},
        "admin": {"filter", "pages", "moderation", "readers", "comments"},
        "transfer": {"filter", "pages", "moderation", "readers", "comments"},
    },
    "storage": {
        "tables": set(),
        "db": {"tables"},
        "comments": {"db", "tables"},
        "readers": {"comments", "db", "tables"},
        "moderation": {"readers", "comments", "db", "tables"},
        "filter": {"moderation", "readers", "comments", "db", "tables"},
        "pages": {"moderation", "readers", "comments", "db", "tables"},
        "admin": {"filter", "pages", "moderation", "readers", "comments", "db", "tables"},
        "transfer": {
            "admin",
            "filter",
            "pages",
            "moderation",
            "readers",
            "comments",
            "db",
            "tables",
        },
    },
    "transfer": {
        "records": set(),
        "values": {"records"},
        "archives": {"records"},
        "safe_xml": {"archives", "records"},
        "safe_json": {"archives", "records", "safe_xml"},
        "foreign_sqlite": {"records", "safe_xml"},
        "folders": {"archives", "records"},
        "recognise_head": {"archives", "records"},
        "formats": {
            "archives",
            "folders",
            "foreign_sqlite",
            "recognise_head",
            "records",
            "safe_json",
            "safe_xml",
            "values",
        },
        "recognise": {
            "archives",
            "foreign_sqlite",
            "formats",
            "native",
            "recognise_head",
            "records",
        },
        "spool": {"records"},
        "native": set(),
        "backup_file": set(),
        "exported": set(),
        "write_wxr": {"exported"},
        "write_disqus": {"exported"},
        "write_csv": {"exported"},
        "write_html": {"exported"},
    },
    "spam": {
        "features": set(),
        "model": {"features"},
        "training": {"model", "features"},
        "evaluation": {"training", "model", "features"},
    },
}
"""Layer → its subjects → the subjects of the same layer that each may import."""

FLASK = {"lifecycle", "extension", "app", "cli", "web", "notify"}
FLASK_FILES = {"storage/db/session.py"}
SQLALCHEMY = {"storage", "actions", "screening"}
MEANINGLESS = {"models", "services", "utils", "helpers", "common", "manager", "misc"}
MOST_FILES = 25


def layer(path: Path) -> str:
    """Return the layer of a file: its top folder, or its own name at the top level."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else path.stem


def subject(path: Path) -> str:
    """Return a file's subject: the second folder, or its own name directly below the layer."""
    parts = path.relative_to(PACKAGE).parts
    return parts[1] if len(parts) > 2 else path.stem


def imports(tree: ast.AST) -> Iterator[tuple[str, bool]]:
    """Yield every imported name with its module, and whether it is imported lazily or for types."""
    lazy = {
        id(node)
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef)
        or (isinstance(outer, ast.If) and ast.unparse(outer.test) == "TYPE_CHECKING")
        for node in ast.walk(outer)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in lazy
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where a name comes from"
            for alias in node.names:
                yield f"{node.module}.{alias.name}", id(node) in lazy


def own_imports(path: Path) -> Iterator[list[str]]:
    """Yield the dotted parts, below the package, of each import of our own code."""
    for name, _lazy in imports(ast.parse(path.read_text(encoding="utf-8"))):
        parts = name.split(".")
        if parts[0] == "comment_service" and len(parts) > 1 and parts[1] != "__version__":
            yield parts[1:]


def circles(table: Mapping[str, set[str]]) -> list[str]:
    """Return the names in a table of arrows that lead back to themselves."""

    def reach(start: str, seen: set[str]) -> set[str]:
        for target in table.get(start, set()) - seen:
            seen |= {target}
            seen |= reach(target, seen)
        return seen

    return [start for start in table if start in reach(start, set())]


def subject_arrows(of: str) -> dict[str, set[str]]:
    """Return the arrows between the subjects of a layer as they are in the code."""
    found: dict[str, set[str]] = {name: set() for name in SUBJECTS[of]}
    for path in FILES:
        if layer(path) == of and path.parent != PACKAGE and path.stem != "__init__":
            here = subject(path)
            targets = {parts[1] for parts in own_imports(path) if parts[0] == of and parts[1:]}
            found.setdefault(here, set()).update(targets - {here})
    return found


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_every_import_is_an_arrow_of_the_layer_table(path: Path) -> None:
    here, relative = layer(path), str(path.relative_to(PACKAGE))
    for parts in own_imports(path):
        target = parts[0]
        assert target == here or target in LAYERS[here], f"{relative} must not import {target}"
    for name, lazy in imports(ast.parse(path.read_text(encoding="utf-8"))):
        top = name.partition(".")[0]
        if top in {"flask", "flask_babel", "flask_wtf", "flask_sqlalchemy", "flask_limiter"}:
            assert here in FLASK or relative in FLASK_FILES, f"{relative} must not know Flask"
        if top == "sqlalchemy":
            assert here in SQLALCHEMY, f"{relative} must not know SQLAlchemy"
        if top in {"sklearn", "numpy", "scipy"}:
            assert here == "spam" and lazy, f"{relative} must import {top} in a function of spam/"


@pytest.mark.parametrize("of", SUBJECTS)
def test_every_import_within_a_layer_is_an_arrow_of_its_subject_table(of: str) -> None:
    for here, targets in subject_arrows(of).items():
        assert here in SUBJECTS[of], (
            f"{of}/{here} is in no subject; docs/architecture.md lists them"
        )
        extra = targets - SUBJECTS[of][here]
        assert not extra, f"{of}/{here} must not import {extra}"


@pytest.mark.parametrize("table", [LAYERS, *SUBJECTS.values()], ids=["layers", *SUBJECTS])
def test_no_table_has_a_circle(table: Mapping[str, set[str]]) -> None:
    assert not circles(table)


@pytest.mark.parametrize("of", ["templates", "tests"])
def test_templates_and_tests_have_the_same_subjects(of: str) -> None:
    subjects = set(SUBJECTS["web"]) - {"errors", "blueprints"}
    if of == "templates":
        folders = {
            path.name for path in (PACKAGE / "templates/comments").iterdir() if path.is_dir()
        }
        assert folders <= subjects | {"mail"}
        return
    for under in ("web", "actions", "storage"):
        root = Path(__file__).parent / under
        folders = {path.name for path in root.iterdir() if path.is_dir() and path.name[0] != "_"}
        assert folders <= set(SUBJECTS[under]), under


def test_no_folder_has_more_files_than_one_can_look_through() -> None:
    tests = Path(__file__).parent
    for folder in {path.parent for path in (*FILES, *tests.rglob("*.py"))}:
        assert len(list(folder.glob("*.py"))) <= MOST_FILES, f"split {folder} by subject"


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    names = {part for path in FILES for part in (*path.relative_to(PACKAGE).parts[:-1], path.stem)}
    assert not names & MEANINGLESS


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_every_module_says_in_its_first_line_what_it_does(path: Path) -> None:
    first = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n")[0]
    assert first.endswith(".") and len(first) > 15, path


def test_only_the_session_commits() -> None:
    for path in FILES:
        if path != PACKAGE / "storage" / "db" / "session.py":
            assert ".commit(" not in path.read_text(encoding="utf-8"), path


def test_only_web_errors_knows_the_status_of_a_refusal() -> None:
    for path in FILES:
        source = path.read_text(encoding="utf-8")
        if layer(path) in {"actions", "screening", "storage", "errors"}:
            assert "status_code" not in source and "abort(" not in source, path
        if layer(path) == "web" and path.stem != "errors":
            assert "web.errors" not in source and "web import errors" not in source, path
