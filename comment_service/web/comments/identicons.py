"""Identicons: a picture for every author without a third party, drawn from a keyed hash."""

from functools import lru_cache

from markupsafe import Markup

_SIDE = 5


@lru_cache(maxsize=2048)
def identicon(seed: str) -> Markup:
    """Return an inline SVG of 5×5 squares, mirrored left to right.

    The colours are presentation attributes, which a strict content security policy allows.

    Args:
        seed: at least 14 hex digits of a hash.
    """
    bits = int(seed[:8], 16)
    hue = int(seed[8:14], 16) % 360
    squares = []
    for row in range(_SIDE):
        for column in range((_SIDE + 1) // 2):
            if bits >> (row * 3 + column) & 1:
                for x in {column, _SIDE - 1 - column}:
                    squares.append(f"M{x + 1} {row + 1}h1v1h-1z")
    return Markup(  # noqa: S704 - only our own numbers and letters
        f'<svg viewBox="0 0 7 7" width="40" height="40" aria-hidden="true" focusable="false">'
        f'<rect width="7" height="7" fill="hsl({hue} 45% 90%)"/>'
        f'<path fill="hsl({hue} 50% 38%)" d="{"".join(sorted(squares)) or "M3 3h1v1h-1z"}"/></svg>'
    )
