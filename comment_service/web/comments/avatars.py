"""Avatars: an identicon from a keyed hash, covered by the author's picture if there is one."""

from functools import lru_cache

from flask import url_for
from markupsafe import Markup

from comment_service.storage.admin.rules import Rules
from comment_service.storage.comments import likes
from comment_service.storage.db.session import session
from comment_service.storage.tables import Author, Page
from comment_service.web.comments.view_models import LikerView
from comment_service.web.http.context import runtime

_SIDE = 5
_HALF = 3
_HALF_BITS = 0b111
_RUNS = (
    (),
    ((0, 1), (4, 1)),
    ((1, 1), (3, 1)),
    ((0, 2), (3, 2)),
    ((2, 1),),
    ((0, 1), (2, 1), (4, 1)),
    ((1, 3),),
    ((0, 5),),
)
"""Bits of the left half of a row, lowest at the edge → the runs (start, length) of the row."""
_IMG = Markup('<img src="{}" alt="" width="40" height="40" loading="lazy" decoding="async">')
PAGE_LIKERS_SHOWN = 8
"""Number of avatars shown beside a page's like count."""


@lru_cache(maxsize=2048)
def identicon(seed: str) -> Markup:
    """Return an inline SVG of 5×5 squares, mirrored left to right.

    The colours are presentation attributes, which a strict content security policy allows.

    Args:
        seed: at least 14 hex digits of a hash.
    """
    bits = int(seed[:8], 16)
    hue = int(seed[8:14], 16) % 360
    lines = "".join(
        f"M{start + 1} {row + 1}.5h{length}"
        for row in range(_SIDE)
        for start, length in _RUNS[bits >> row * _HALF & _HALF_BITS]
    )
    return Markup(  # noqa: S704 - only our own numbers and letters
        f'<svg viewBox="0 0 7 7" width="40" height="40">'
        f'<path fill="hsl({hue} 45% 90%)" d="M0 0h7v7H0"/>'
        f'<path stroke="hsl({hue} 50% 38%)" d="{lines or "M3 3.5h1"}"/></svg>'
    )


def avatar(author: Author) -> Markup:
    """Return an author's identicon, with their picture over it if they have one."""
    drawn = identicon(runtime().keyed_hash("avatar", str(author.id)))
    if not author.picture:
        return drawn
    url = url_for("avatars.show", author_id=author.id, tag=author.picture)
    return drawn + _IMG.format(url)


def liker_view(author: Author) -> LikerView:
    """Return the view of an author who liked something; no website, because nobody moderates it."""
    return LikerView(author.name, avatar(author))


def newest_likers(page: Page | None, rules: Rules) -> list[LikerView]:
    """Return the newest authors who liked a page; empty unless the rules show them to everyone."""
    if page is None or not page.like_count or not shows_likers(rules):
        return []
    found, _count = likes.likers(session(), page, None, PAGE_LIKERS_SHOWN, runtime().now())
    return [liker_view(author) for author in found]


def shows_likers(rules: Rules) -> bool:
    """Return True if the rules show to everyone who likes a page."""
    return rules.likes and rules.likers == "everyone"
