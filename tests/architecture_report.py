"""Print the sizes of folders, files and functions, and the arrows between layers and subjects.

``python -m tests.architecture_report`` (``make report``). A file beyond 300 lines or a function
beyond 40 lines is worth a look; nothing is split to satisfy a number.
"""

import ast
from collections import Counter
from pathlib import Path

from tests.test_architecture import (
    FILES,
    LAYERS,
    PACKAGE,
    SUBJECTS,
    circles,
    layer,
    own_imports,
    subject_arrows,
)

SOFT_FILE, SOFT_FUNCTION = 300, 40


def functions(path: Path) -> list[tuple[int, str]]:
    """Return (lines without the docstring, name) of each function of a file."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            first = node.body[0]
            if ast.get_docstring(node) is not None:
                lines -= (first.end_lineno or 0) - first.lineno + 1
            found.append((lines, f"{path.relative_to(PACKAGE)}:{node.name}"))
    return found


def layer_arrows() -> dict[str, set[str]]:
    """Return the arrows between layers as they are in the code."""
    found: dict[str, set[str]] = {name: set() for name in LAYERS}
    for path in FILES:
        found[layer(path)] |= {parts[0] for parts in own_imports(path)} - {layer(path)}
    return found


def main() -> None:
    """Print the report."""
    folders = Counter(str(path.parent.relative_to(PACKAGE)) for path in FILES)
    print(f"{len(folders)} folders, {len(FILES)} files; files per folder:")
    for name, number in sorted(folders.items()):
        print(f"  {number:3}  {name}")
    arrows = layer_arrows()
    print(f"layers: {sum(map(len, arrows.values()))} arrows, {len(circles(arrows))} circles")
    for of in SUBJECTS:
        found = subject_arrows(of)
        number = sum(map(len, found.values()))
        print(f"{of}: {number} arrows between subjects, {len(circles(found))} circles")
    sizes = sorted((len(path.read_text("utf-8").splitlines()), path) for path in FILES)
    print(f"lines of a file: median {sizes[len(sizes) // 2][0]}, largest {sizes[-1][0]}")
    for lines, path in sizes[::-1]:
        if lines > SOFT_FILE:
            print(f"  {lines:4}  {path.relative_to(PACKAGE)}")
    bodies = sorted(one for path in FILES for one in functions(path))
    print(f"lines of a function: median {bodies[len(bodies) // 2][0]}, longest {bodies[-1][0]}")
    for lines, name in bodies[::-1]:
        if lines > SOFT_FUNCTION:
            print(f"  {lines:4}  {name}")


if __name__ == "__main__":
    main()
