"""The docs name every key, signal, command, check and route, and nothing that does not exist."""

import ast
import re
from dataclasses import fields
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import comment_service
from comment_service import cli, events
from comment_service.app import create_app, prepare, start
from comment_service.cli.assembly import Assembly
from comment_service.config import KEYS, Settings, document
from comment_service.extension import CommentService
from comment_service.screening import CHECKS
from comment_service.storage.admin.rules import PAGE_RULES, Rules
from comment_service.storage.admin.sites import LIST_KINDS
from comment_service.storage.tables import STATUSES
from comment_service.web.api.operations import OPERATIONS

ROOT = Path(__file__).parent.parent
DOCS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")}
API = {f"api.{operation.name}" for operation in OPERATIONS}
"""Endpoints that the generated reference lists; the others are in ``embedding.md``."""
ALL = "\n".join([*DOCS.values(), (ROOT / "README.md").read_text(encoding="utf-8")])


def test_the_table_of_keys_is_the_declarations_own() -> None:
    assert document() in DOCS["configuration.md"]
    assert len(KEYS) == len(Settings.__dataclass_fields__)


def test_every_key_named_in_the_docs_exists() -> None:
    named = set(re.findall(r"COMMENTS_[A-Z_]+[A-Z]", ALL)) - {"COMMENTS_CONFIG"}
    assert {name.partition("__")[0] for name in named} <= set(KEYS)


@pytest.mark.parametrize("signal", events.SIGNALS, ids=lambda s: s.name)
def test_every_signal_is_documented(signal: object) -> None:
    assert f"`{signal.name}`" in DOCS["embedding.md"]  # type: ignore[attr-defined]


def commands(group: click.Group, prefix: str = "comment-service") -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        full = f"{prefix} {name}"
        if isinstance(command, click.Group):
            found |= commands(command, full)
        else:
            found[full] = command
    return found


GROUP = cli.group("comment-service", Assembly(create_app, CommentService, prepare, start))


@pytest.mark.parametrize("name", sorted(commands(GROUP)))
def test_every_command_is_documented_and_explains_itself(name: str) -> None:
    assert name in ALL, f"{name} is in no document"
    assert commands(GROUP)[name].help
    shown = CliRunner().invoke(GROUP, [*name.split()[1:], "--help"])
    assert shown.exit_code == 0


def test_every_command_named_in_the_docs_exists() -> None:
    known = commands(GROUP)
    for found in re.findall(r"comment-service ((?:[a-z][a-z0-9-]*)(?: [a-z][a-z-]*)?)", ALL):
        words = found.split()
        full = f"comment-service {found}"
        first = f"comment-service {words[0]}"
        grouped = any(name.startswith(f"{first} ") for name in known)
        assert full in known if grouped and len(words) > 1 else first in known or grouped, found


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.__name__)
def test_every_check_is_documented(check: object) -> None:
    assert f"`{check.__name__}`" in DOCS["architecture.md"]  # type: ignore[attr-defined]


def named(path: Path, calls: set[str]) -> set[str]:
    """Return the names that a file gives to reasons: first arguments of calls, first of yields."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        first: ast.expr | None = None
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in calls and node.args:
            first = node.args[0]
        elif isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
            first = node.value.elts[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            found.add(first.value)
    return found


def test_every_reason_is_documented_and_no_other() -> None:
    package = ROOT / "comment_service"
    files = [*(package / "screening").glob("*.py"), *(package / "spam").rglob("*.py")]
    found = set().union(*(named(path, {"Finding", "Reason"}) for path in files))
    found |= {f"list_{kind}" for kind in LIST_KINDS}
    assert {"words", "model", "on_topic", "campaign"} <= found
    section = DOCS["moderating.md"].split("## Reasons")[1].split("## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == found


def test_every_status_and_rule_is_documented_and_no_other() -> None:
    for title, names in (("Statuses", set(STATUSES)), ("Rules", {f.name for f in fields(Rules)})):
        section = DOCS["moderating.md"].split(f"## {title}")[1].split("## ")[0]
        assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == names
    yes = re.findall(r"^\| `(\w+)` \|.*\| yes \|$", DOCS["moderating.md"], re.MULTILINE)
    assert set(yes) == PAGE_RULES


def test_every_package_is_documented() -> None:
    package = ROOT / "comment_service"
    for path in package.iterdir():
        if path.is_dir() and (path / "__init__.py").exists():
            assert f"`{path.name}/`" in DOCS["architecture.md"], path.name


def test_every_route_is_documented() -> None:
    app = create_app({"COMMENTS_FOLDER": "instance/test", "COMMENTS_AUTO_MIGRATE": False,
                      "COMMENTS_ALLOW_VOLATILE": True, "COMMENTS_SECRET_KEY": "x",
                      "COMMENTS_DATABASE_URL": "sqlite://"})  # fmt: skip
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            page = "api-reference.md" if (rule.endpoint in API) else "embedding.md"
            methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
            written = f"`{path}`" if page == "embedding.md" else f"`{min(methods)}` `{path}`"
            assert written in DOCS[page], path


def test_the_api_reference_is_the_documents_own() -> None:
    """Run ``python -m tests.test_documented`` after a change."""
    from comment_service.web.api import reference

    assert DOCS["api-reference.md"] == reference.markdown()
    assert (ROOT / "docs/openapi.json").read_text(encoding="utf-8") == reference.document_text()
    for operation in OPERATIONS:
        assert f"### {operation.name}\n" in DOCS["api-reference.md"]


def test_every_file_that_the_architecture_names_exists() -> None:
    package, text = ROOT / "comment_service", DOCS["architecture.md"]
    named = set(re.findall(r"`((?:\w+/)*\w+\.(?:py|md))`", text))
    assert len(named) > 30
    for name in {one for one in named if "LANGUAGE" not in one}:
        assert (package / name).exists() or (ROOT / name).exists(), name


def test_links_between_documents_lead_somewhere() -> None:
    pages = {f"docs/{name}": text for name, text in DOCS.items()}
    pages["README.md"] = (ROOT / "README.md").read_text(encoding="utf-8")
    for page, text in pages.items():
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert ((ROOT / page).parent / target).exists(), f"{page} → {target}"


def test_public_names_are_what_all_says() -> None:
    for name in comment_service.__all__:
        assert getattr(comment_service, name) is not None
        assert f"`{name}" in ALL or f"{name}(" in ALL, name


def test_the_changelog_knows_this_version() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert comment_service.__version__ in changes
    assert f'version = "{comment_service.__version__}"' in (ROOT / "pyproject.toml").read_text()


if __name__ == "__main__":
    from comment_service.web.api import reference

    (ROOT / "docs/openapi.json").write_text(reference.document_text(), encoding="utf-8")
    (ROOT / "docs/api-reference.md").write_text(reference.markdown(), encoding="utf-8")
