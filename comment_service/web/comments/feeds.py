"""The doors for feed readers: a site's newest comments, a page's, or the answers to one comment."""

import hmac
import re
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, request, url_for
from flask_babel import gettext as _

from comment_service.errors import CommentGone, SiteUnknown
from comment_service.storage.admin import sites
from comment_service.storage.comments import counts, threads
from comment_service.storage.db.session import session
from comment_service.storage.pages import pages
from comment_service.storage.tables import Author, Comment, Page, Site
from comment_service.storage.tables.base import MAX_ID
from comment_service.web.comments import render as rendered
from comment_service.web.http import place
from comment_service.web.http.context import language, number, runtime

feeds = Blueprint("feeds", __name__)

SHOWN = 50
_SECONDS = 300
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold (section 2.2), not even escaped."""


@feeds.get("/feed.atom")
def atom() -> Response:
    """Serve a feed in Atom's form (RFC 4287)."""
    return _feed("Atom1Feed", "application/atom+xml")


@feeds.get("/feed.rss")
def rss() -> Response:
    """Serve a feed in RSS's form (2.0)."""
    return _feed("Rss201rev2Feed", "application/rss+xml")


def _feed(form: str, mimetype: str) -> Response:
    """Answer with the newest public comments, or with nothing where the asker has them."""
    import feedgenerator  # it is needed here alone

    site, page, comment = _asked()
    author = _author(site)
    title = _("Answers to %(name)s", name=author.name) if author else _title(site, page, comment)
    feed = getattr(feedgenerator, form)(
        title=_plain(str(title)),
        link=_home(site, page),
        description=_plain(str(title)),
        language=language()[0],
        feed_url=request.url,
    )
    if author is not None:
        found = counts.answers_to(session(), author.id, SHOWN)
    else:
        found = threads.newest(session(), site.id, page=page, parent=comment, limit=SHOWN)
    for one in found:
        feed.add_item(**_item(one))
    answer = make_response(feed.writeString("utf-8"))
    answer.mimetype = mimetype
    answer.headers["Cache-Control"] = f"public, max-age={_SECONDS}"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def answers_url(author: Author) -> str:
    """Return the address of the feed of the answers to somebody; nobody else can guess it."""
    site = session().get_one(Site, author.site_id)
    return url_for("feeds.atom", site=site.key, answers=_named(author.id))


def _named(author_id: int) -> str:
    return f"{author_id}-{runtime().keyed_hash('feed', str(author_id))}"


def _author(site: Site) -> Author | None:
    """Return whose answers are asked for, None where the address does not say.

    Raises:
        CommentGone: the address is nobody's.
    """
    asked = request.args.get("answers", "")
    if not asked:
        return None
    number_, _dash, _mark = asked.partition("-")
    shaped = number_.isdecimal() and len(number_) <= len(str(MAX_ID))
    ours = shaped and hmac.compare_digest(asked.encode(), _named(int(number_)).encode())
    author = session().get(Author, int(number_)) if ours else None
    if author is None or author.site_id != site.id or author.erased_at is not None:
        raise CommentGone(_("There is nothing at this address."))
    return author


def _asked() -> tuple[Site, Page | None, Comment | None]:
    """Return the site, the page where one is named, and the comment whose answers are asked for.

    Raises:
        SiteUnknown: there is no such site.
        CommentGone: the comment is not public on this page.
        Refusal: as for every request that names a page.
    """
    if request.args.get("url"):
        at = place.place(request.args)
        page = pages.find(session(), at.site.id, at.url)
        asked = number("comment")
        comment = rendered.shown(page, asked) if asked is not None else None
        if page is None:
            raise CommentGone(_("Nobody has said anything on this page yet."))
        return at.site, page, comment
    site = sites.find(session(), request.args.get("site", runtime().settings.site))
    if site is None:
        raise SiteUnknown(_("There is no such site here."))
    return site, None, None


def _title(site: Site, page: Page | None, comment: Comment | None) -> str:
    if comment is not None:
        return str(_("Answers to %(name)s", name=comment.name))
    if page is not None:
        return str(_("Comments on “%(title)s”", title=page.title or page.url))
    return str(_("Comments on %(site)s", site=site.name))


def _home(site: Site, page: Page | None) -> str:
    """Return the page that a feed is about; of a site, its first origin."""
    origins: Iterable[str] = site.origins or (url_for("widget.embed", _external=True),)
    return page.url if page is not None else next(iter(origins))


def _item(comment: Comment) -> dict[str, object]:
    """Return what a reader shows of a comment; its text is safe HTML, which the form escapes."""
    page = comment.page
    told = {"name": comment.name, "title": page.title or page.url}
    return {
        "title": _plain(str(_("%(name)s on “%(title)s”", **told))),
        "link": f"{page.url}#comment-{comment.id}",
        "description": _plain(comment.html),
        "author_name": _plain(comment.name),
        "pubdate": comment.created_at,
        "updateddate": comment.edited_at or comment.created_at,
        "unique_id": _tag(page.url, comment.created_at, comment.id),
        "unique_id_is_permalink": False,
    }


def _tag(url: str, made: datetime, number_: int) -> str:
    """Return a name that stays though addresses change (RFC 4151)."""
    return f"tag:{urlsplit(url).hostname},{made:%Y-%m-%d}:comment-{number_}"


def _plain(text: str) -> str:
    """Return a text without what no feed can hold."""
    return _NO_XML.sub("", text)
