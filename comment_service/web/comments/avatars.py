"""What stands for somebody: a drawn pattern, and over it their picture where there is one."""

from flask import url_for
from markupsafe import Markup

from comment_service.storage.admin.rules import Rules
from comment_service.storage.comments import likes
from comment_service.storage.db.session import session
from comment_service.storage.tables import Author, Page
from comment_service.web.comments.identicons import identicon
from comment_service.web.comments.view_models import LikerView
from comment_service.web.http.context import runtime

_IMG = Markup('<img src="{}" alt="" width="40" height="40" loading="lazy" decoding="async">')
SHOWN = 8
"""Of those who like a page, how many stand beside their number."""


def avatar(author: Author) -> Markup:
    """Return an author's pattern, and over it their picture where there is one."""
    drawn = identicon(runtime().keyed_hash("avatar", str(author.id)))
    if not author.picture:
        return drawn
    url = url_for("pictures.show", author_id=author.id, tag=author.picture)
    return drawn + _IMG.format(url)


def liker(author: Author) -> LikerView:
    """Return one who liked; no website, for nobody has looked at it."""
    return LikerView(author.name, avatar(author))


def newest(page: Page | None, rules: Rules) -> list[LikerView]:
    """Return the newest who like a page, where everybody may see who does."""
    if page is None or not page.like_count or not rules.likes or rules.likers != "everyone":
        return []
    found, _count = likes.likers(session(), page, None, SHOWN, runtime().now())
    return [liker(author) for author in found]
