"""Writes ``translations/messages.pot`` from the code and brings every catalogue into line with it.

``python -m tests.catalogues``: new sentences come in untranslated, what is gone goes.
"""

import ast
import tomllib
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import write_po

from comment_service import catalogues

ROOT = Path(__file__).resolve().parents[1]


IDLE = (b'"POT-Cre', b'"PO-Rev', b'"Last-Tr', b'"Language-T', b'"Report-', b'"Generated-')
OWNERS = {"SetupError", "InvalidFields", "SiteUnknown", "OriginUnknown"}


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


def extract() -> Catalog:
    """Return every sentence that readers see, in the order of the files."""
    catalog = Catalog(
        project="comment_service", charset="utf-8", header_comment="# The readers' words."
    )
    found = extract_from_dir(ROOT, mappings(), keywords=keywords())
    for name, _line, message, comments, context in sorted(found, key=lambda one: one[:2]):
        catalog.add(message, None, [(name, 1)], auto_comments=comments, context=context)
    return catalog


def written(catalog: Catalog) -> bytes:
    """Return a catalogue as its file has it, the same at every time of writing.

    Babel's header tells of dates and of people who are not there.
    """
    file = BytesIO()
    write_po(file, catalog, width=100, omit_header=not catalog.locale, include_lineno=False)
    lines = file.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(IDLE))


def main() -> None:
    """Write the template and update the catalogues."""
    template = extract()
    catalogues.TEMPLATE.write_bytes(written(template))
    for code in catalogues.languages()[1:]:
        catalog = catalogues.catalogue(code)
        catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
        catalog.obsolete.clear()
        (catalogues.FOLDER / code / "LC_MESSAGES" / "messages.po").write_bytes(written(catalog))


if __name__ == "__main__":
    main()
