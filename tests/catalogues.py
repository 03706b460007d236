"""Writes the templates of the two catalogues from the code and brings every catalogue into line.

``python -m tests.catalogues``: new sentences come in untranslated, what is gone goes.
``messages.pot`` has the readers' sentences; ``moderation.pot`` those that only moderators and
owners see.
"""

import ast
import tomllib
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import write_po

from comment_service import catalogues

ROOT = Path(__file__).resolve().parents[1]


IDLE = (b'"POT-Cre', b'"PO-Rev', b'"Last-Tr', b'"Language-T', b'"Report-', b'"Generated-')
OWNERS = {"SetupError", "InvalidFields", "SiteUnknown", "OriginUnknown"}
UNTRANSLATED = tuple(
    f"comment_service/{path}"
    for path in (
        *("cli/", "web/api/", "web/akismet/", "templates/comments/api/"),
        *("actions/comments/webmention.py", "web/comments/webmention_views.py"),
    )
)
"""Texts for programs and the terminal, in English only."""
HEADERS = {
    catalogues.READERS: "# The readers' words.",
    catalogues.STAFF: "# The words of moderators and owners.",
}


def keywords() -> dict[str, object]:
    """Return the names of calls whose first text is a sentence: gettext's, ours, and refusals.

    What only a wrong set-up brings about is for its owner, who reads English.
    """
    tree = ast.parse((ROOT / "comment_service" / "errors.py").read_text(encoding="utf-8"))
    refusals = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    ours = ["_l", "sentence", *sorted(refusals - OWNERS)]
    return {**DEFAULT_KEYWORDS, **dict.fromkeys(ours), "_nl": (1, 2)}


def mappings() -> list[tuple[str, str]]:
    """Return (pattern, method) as ``pyproject.toml`` has them, the first that fits deciding."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        rows = tomllib.load(file)["tool"]["babel"]["mappings"]
    return [
        (pattern, row["method"])
        for row in rows
        for pattern in ([row["pattern"]] if isinstance(row["pattern"], str) else row["pattern"])
    ]


def staff_mappings() -> list[tuple[str, str]]:
    """Return (pattern, method) of the files whose sentences only moderators and owners see."""
    return [
        (pattern, "python" if pattern.endswith(".py") else "jinja2")
        for pattern, method in mappings()
        if method == "ignore" and not pattern.startswith(UNTRANSLATED)
    ]


def extract(domain: str = catalogues.READERS) -> Catalog:
    """Return every sentence of a catalogue, in the order of the files."""
    catalog = Catalog(project="comment_service", charset="utf-8", header_comment=HEADERS[domain])
    chosen = mappings() if domain == catalogues.READERS else staff_mappings()
    known = extract() if domain == catalogues.STAFF else Catalog()
    found = [(*one[:3], one[4], ()) for one in extract_from_dir(ROOT, chosen, keywords=keywords())]
    if domain == catalogues.STAFF:
        found += filled_in()
    for name, _line, message, context, comments in sorted(found, key=lambda one: one[:2]):
        if message not in known:
            catalog.add(message, None, [(name, 1)], auto_comments=comments, context=context)
    return catalog


def filled_in() -> list[tuple[Any, ...]]:
    """Return the sentences of ``staff_sentence``, which stand in files of every kind.

    Those with values get the comment by which ``catalogues.told`` knows them.
    """
    every = [("comment_service/**.py", "python")]
    rows = extract_from_dir(ROOT, every, keywords={"staff_sentence": None})
    return [(*row[:3], row[4], (catalogues.FILLED,) if "%(" in row[2] else ()) for row in rows]


def written(catalog: Catalog) -> bytes:
    """Return a catalogue as its file has it, the same at every time of writing.

    Babel's header tells of dates and of people who are not there.
    """
    file = BytesIO()
    write_po(file, catalog, width=100, omit_header=not catalog.locale, include_lineno=False)
    lines = file.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(IDLE))


def main() -> None:
    """Write the templates and update the catalogues."""
    for domain, path in catalogues.TEMPLATES.items():
        template = extract(domain)
        path.write_bytes(written(template))
        for code in catalogues.languages(domain)[1:]:
            catalog = catalogues.catalogue(code, domain)
            catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
            catalog.obsolete.clear()
            catalogues.file_of(code, domain).write_bytes(written(catalog))


if __name__ == "__main__":
    main()
