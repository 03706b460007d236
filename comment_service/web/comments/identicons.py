"""A picture for everyone without asking a third party: five by five squares from a keyed hash."""

from functools import lru_cache

from markupsafe import Markup

_SIDE = 5


@lru_cache(maxsize=2048)
def identicon(seed: str) -> Markup:
    """Return an inline SVG, mirrored left to right, for at least 14 hex digits of a hash.

    The colours are set by presentation attributes (a strict content security policy allows them).
    """
    bits = int(seed[:8], 16)
    hue = int(seed[8:14], 16) % 360
    squares = []
    for row in range(_SIDE):
        for column in range((_SIDE + 1) // 2):
            if bits >> (row * 3 + column) & 1:
                for x in {column, _SIDE - 1 - column}:
                    squares.append(f"M{x + 1} {row + 1}h1v1h-1z")
    return Markup(  # noqa: S704 - numbers and letters of ours only
        f'<svg viewBox="0 0 7 7" width="40" height="40" aria-hidden="true" focusable="false">'
        f'<rect width="7" height="7" fill="hsl({hue} 45% 90%)"/>'
        f'<path fill="hsl({hue} 50% 38%)" d="{"".join(sorted(squares)) or "M3 3h1v1h-1z"}"/></svg>'
    )
