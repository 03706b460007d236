"""Rows of storage → what the templates receive: a thread as any reader may see it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from flask import url_for
from markupsafe import Markup

from comment_service.identity import GUEST, Viewer
from comment_service.storage.admin.rules import Rules, of_page
from comment_service.storage.admin.rules import is_closed as closed_by
from comment_service.storage.comments import counts
from comment_service.storage.comments.threads import SORTS
from comment_service.storage.db.session import session
from comment_service.storage.tables import DELETED, PENDING, PUBLISHED, Comment, Page
from comment_service.web.comments import avatars, emoji
from comment_service.web.comments.avatars import avatar
from comment_service.web.comments.login_options import log_in_url, name_of, ways_in
from comment_service.web.comments.subscribe_offer import subscribe_url
from comment_service.web.comments.view_models import CommentView, FormView, SortLink, ThreadView
from comment_service.web.http.context import language, runtime
from comment_service.web.http.place import Place, issue_token

_HELPED = (PENDING, GUEST)
"""Status and identity of a comment whose author can help it by logging in."""


@dataclass(frozen=True)
class Asked:
    """Which part of a page's thread is wanted, in which order."""

    sort: str = "oldest"
    after: str = ""
    root: int | None = None
    focus: int | None = None
    since: int | None = None
    level: int | None = None  # of the heading

    def key(self) -> str:
        """Return what distinguishes it in a cache."""
        return " ".join(str(getattr(self, field.name)) for field in fields(self))


def link(at: Place, endpoint: str, **more: object) -> str:
    """Return a URL of ours for a place, empty arguments left out."""
    wanted = {k: v for k, v in more.items() if v not in (None, "")}
    return url_for(f"widget.{endpoint}", site=at.site.key, url=at.url, **wanted)  # type: ignore[arg-type]


def rules(at: Place, page: Page | None) -> Rules:
    """Return the rules of a page."""
    return of_page(runtime().settings, at.site, page)


def is_closed(at: Place, page: Page | None) -> bool:
    """Tell whether a page takes no more comments."""
    return closed_by(page, rules(at, page), runtime().now())


def thread(
    at: Place, page: Page | None, asked: Asked, comments: Sequence[CommentView], next_url: str
) -> ThreadView:
    """Return one stretch of a page's thread."""
    code, direction = language()
    own = rules(at, page)
    view = ThreadView(
        site_key=at.site.key,
        page_url=at.url,
        page_title=(page.title if page else "") or at.title or at.url,
        locale=code,
        direction=direction,
        count=page.comment_count if page else 0,
        page_like_count=page.like_count if page else 0,
        page_likers=avatars.newest(page, own),
        page_likers_url=link(at, "likers") if own.likers == "everyone" else "",
        likes_url=url_for("api.like"),
        closed=closed_by(page, own, runtime().now()),
        ways=ways_in({"site": at.site.key, "url": at.url}),
        guests=own.guests,
        likes=own.likes,
        report_url=url_for("reports.show") + "?comment=",
        sort=asked.sort,
        focused=asked.focus is not None,
        sorts=[SortLink(s, link(at, "thread_page", sort=s), s == asked.sort) for s in SORTS],
        comments=comments,
        next_url=next_url,
        revision=page.revision if page else 0,
        heading_level=asked.level or runtime().settings.heading_level,
    )
    return emoji.offered(_heard(at, page, view), own)


def _heard(at: Place, page: Page | None, view: ThreadView) -> ThreadView:
    """Return a thread with the ways to hear of what comes later."""
    feed = url_for("feeds.atom", site=at.site.key, url=at.url) if view.count else ""
    return replace(view, newest=counts.newest(session(), page), feed_url=feed)


def comment_view(
    at: Place, comment: Comment, *, closed: bool = False, own: bool = False
) -> CommentView:
    """Return a comment as any reader may see it; ``own`` shows a held one to its author."""
    status = seen_as(comment, own=own)
    readable = status != DELETED
    return CommentView(
        id=comment.id,
        author_name=comment.name if readable else "",
        author_url=comment.url if readable else "",
        avatar=avatar(comment.author),
        provider=_badge(comment),
        help_url=log_in_url(at) if own and (comment.status, comment.identity) == _HELPED else "",
        created=comment.created_at,
        edited=comment.edited_at,
        html=Markup(comment.html) if readable else Markup(""),  # noqa: S704 - made safe by text/
        status=status,
        depth=comment.depth,
        parent_id=comment.parent_id,
        parent_name=_parent_name(comment),
        like_count=comment.like_count,
        by_moderator=comment.by_moderator,
        writer=comment.writer,
        url=link(at, "thread_page", focus=comment.id) + f"#comment-{comment.id}",
        reply_url="" if closed else link(at, "thread_page", reply=comment.id) + "#respond",
        likers_url=link(at, "likers", comment=comment.id),
        pinned=comment.page.pinned_id == comment.id,
    )


def seen_as(comment: Comment, *, own: bool) -> str:
    """Return the status as this reader sees it: what is not public is held, or gone.

    To an author who does not know of being blocked, what they sent since looks published.
    """
    if comment.status in {PUBLISHED, DELETED}:
        return comment.status
    if not own:
        return DELETED
    since = comment.author.blocked_at if comment.author.shadowed else None
    sent = comment.edited_at or comment.created_at
    return PUBLISHED if since is not None and sent >= since else PENDING


def _parent_name(comment: Comment) -> str:
    """Return whom a comment answers, where that may be read."""
    parent = comment.parent
    return parent.name if parent is not None and parent.status == PUBLISHED else ""


def _badge(comment: Comment) -> str:
    """Return whose account spoke, "" for a guest's and for ways of our own."""
    known = runtime().providers.get(comment.provider)
    return str(known.title) if known is not None and comment.status != DELETED else ""


def account_of(at: Place, viewer: Viewer) -> str:
    """Return what a viewer's account is called, "" for a guest."""
    return "" if viewer.is_guest else name_of(viewer.provider, at.site.name)


def blank_form(at: Place) -> FormView:
    """Return the form as it stands in a cacheable fragment: nothing personal, no token."""
    return FormView(
        action=url_for("api.submit"),
        token="",
        key="",
        max_length=runtime().settings.max_length,
        privacy_url=link(at, "privacy"),
        account_url=url_for("account.show", site=at.site.key),
        sign_out_url=url_for("claims.sign_out"),
        notify_offered=bool(subscribe_url(at)),
        subscribe_url=subscribe_url(at),
    )


def form(at: Place, viewer: Viewer, key: str, parent: Comment | None = None) -> FormView:
    """Return the form for one reader's own page, ready to be sent without a script."""
    return FormView(
        action=url_for("api.submit"),
        token=issue_token(at),
        key=key,
        parent_id=parent.id if parent else None,
        parent_name=parent.name if parent else "",
        name=viewer.name,
        email=viewer.email,
        url=viewer.url,
        cancel_url=link(at, "thread_page") if parent else "",
        account=account_of(at, viewer),
        log_out_url=viewer.log_out_url,
        account_url=url_for("account.show", site=at.site.key),
        sign_out_url=url_for("claims.sign_out"),
        max_length=runtime().settings.max_length,
        privacy_url=link(at, "privacy"),
        notify_offered=bool(subscribe_url(at) and (viewer.is_guest or viewer.email)),
        subscribe_url=subscribe_url(at),
    )
