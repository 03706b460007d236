"""Atom and RSS feeds of a site, a page, the replies to a comment, or the replies to an author."""

import hmac
import re
from datetime import datetime
from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, request, url_for
from flask_babel import gettext as _

from comment_service.errors import CommentNotFound, SiteUnknown
from comment_service.storage.admin import sites
from comment_service.storage.comments import counts, threads
from comment_service.storage.db.session import session
from comment_service.storage.pages import pages
from comment_service.storage.tables import Author, Comment, Page, Site
from comment_service.storage.tables.base import MAX_ID
from comment_service.text.addresses import comment_url
from comment_service.text.origins import is_pattern
from comment_service.web.comments import render as rendered
from comment_service.web.http import place
from comment_service.web.http.context import id_argument, language, runtime
from comment_service.web.http.links import external_url_for, own_origin
from comment_service.web.http.shared_cache import cache_for, name_for_purge, share_site

blueprint = Blueprint("feeds", __name__)

MAX_ENTRIES = 50
_SECONDS = 300
_INVALID_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot contain, even escaped (section 2.2)."""


@blueprint.get("/feed.atom")
def atom() -> Response:
    """Serve a feed as Atom (RFC 4287)."""
    return _feed("Atom1Feed", "application/atom+xml")


@blueprint.get("/feed.rss")
def rss() -> Response:
    """Serve a feed as RSS 2.0."""
    return _feed("Rss201rev2Feed", "application/rss+xml")


def _feed(form: str, mimetype: str) -> Response:
    """Answer with the newest public comments; 304 if the client has the current version."""
    import feedgenerator  # imported late: only feeds need it

    site, page, comment = _requested_scope()
    author = _requested_author(site)
    share_site(site.id)
    title = _("Answers to %(name)s", name=author.name) if author else _title(site, page, comment)
    feed = getattr(feedgenerator, form)(
        title=_without_invalid_xml(str(title)),
        link=_home(site, page),
        description=_without_invalid_xml(str(title)),
        language=language()[0],
        feed_url=own_origin() + request.script_root + request.full_path.rstrip("?"),
    )
    if author is not None:
        found = counts.replies_to(session(), author.id, MAX_ENTRIES)
    else:
        found = threads.newest(session(), site.id, page=page, parent=comment, limit=MAX_ENTRIES)
    for item in found:
        feed.add_item(**_entry(item))
    answer = make_response(feed.writeString("utf-8"))
    answer.mimetype = mimetype
    cache_for(answer, _SECONDS)
    name_for_purge(answer, site)
    answer.headers["Vary"] = "Accept-Language"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def answers_url(author: Author) -> str:
    """Return the URL of the feed of replies to an author; a keyed hash makes it unguessable."""
    site = session().get_one(Site, author.site_id)
    return url_for("feeds.atom", site=site.key, answers=_answers_key(author.id))


def _answers_key(author_id: int) -> str:
    return f"{author_id}-{runtime().keyed_hash('feed', str(author_id))}"


def _requested_author(site: Site) -> Author | None:
    """Return the author whose replies are requested; None if the URL has no ``answers``.

    Raises:
        CommentNotFound: the value belongs to no author of this site.
    """
    key = request.args.get("answers", "")
    if not key:
        return None
    number_, _dash, _mark = key.partition("-")
    is_id = number_.isdecimal() and len(number_) <= len(str(MAX_ID))
    is_valid = is_id and hmac.compare_digest(key.encode(), _answers_key(int(number_)).encode())
    author = session().get(Author, int(number_)) if is_valid else None
    if author is None or author.site_id != site.id or author.erased_at is not None:
        raise CommentNotFound(_("Page not found."))
    return author


def _requested_scope() -> tuple[Site, Page | None, Comment | None]:
    """Return the requested site, page if given, and comment whose replies are requested, if given.

    Raises:
        SiteUnknown: there is no such site.
        CommentNotFound: the comment is not public on this page.
        Refusal: as for every request that names a page.
    """
    if request.args.get("url"):
        at = place.page_ref(request.args)
        page = pages.find(session(), at.site.id, at.url)
        comment_id = id_argument("comment")
        comment = rendered.require_shown(page, comment_id) if comment_id is not None else None
        if page is None:
            raise CommentNotFound(_("This page has no comments yet."))
        return at.site, page, comment
    site = sites.find(session(), request.args.get("site", runtime().settings.site))
    if site is None:
        raise SiteUnknown(_("Unknown site."))
    comment_id = id_argument("comment")
    if comment_id is None:
        return site, None, None
    comment = session().get(Comment, comment_id)
    if comment is None or comment.site_id != site.id:
        raise CommentNotFound(_("Page not found."))
    return site, comment.page, rendered.require_shown(comment.page, comment_id)


def _title(site: Site, page: Page | None, comment: Comment | None) -> str:
    if comment is not None:
        return str(_("Answers to %(name)s", name=comment.name))
    if page is not None:
        return str(_("Comments on “%(title)s”", title=page.title or page.url))
    return str(_("Comments on %(site)s", site=site.name))


def _home(site: Site, page: Page | None) -> str:
    """Return the URL that a feed is about: the page, or the site's first origin."""
    if page is not None:
        return page.url
    hosts = [origin for origin in site.origins if not is_pattern(origin)]
    return hosts[0] if hosts else external_url_for("thread.embed")


def _entry(comment: Comment) -> dict[str, object]:
    """Return a comment as a feed entry; its text is safe HTML, which the feed generator escapes."""
    page = comment.page
    names = {"name": comment.name, "title": page.title or page.url}
    return {
        "title": _without_invalid_xml(str(_("%(name)s on “%(title)s”", **names))),
        "link": comment_url(page.url, comment.id),
        "description": _without_invalid_xml(comment.html),
        "author_name": _without_invalid_xml(comment.name),
        "pubdate": comment.created_at,
        "updateddate": comment.edited_at or comment.created_at,
        "unique_id": _entry_id(page.url, comment.created_at, comment.id),
        "unique_id_is_permalink": False,
    }


def _entry_id(url: str, created: datetime, number_: int) -> str:
    """Return an entry id that stays the same when URLs change (tag URI, RFC 4151)."""
    return f"tag:{urlsplit(url).hostname},{created:%Y-%m-%d}:comment-{number_}"


def _without_invalid_xml(text: str) -> str:
    """Remove the characters that XML cannot contain."""
    return _INVALID_XML.sub("", text)
