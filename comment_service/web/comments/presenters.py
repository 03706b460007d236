"""Convert database rows to the view models of the templates: a thread as any reader may see it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

from flask import g, url_for
from markupsafe import Markup

from comment_service.identity import GUEST, Viewer
from comment_service.storage.admin.rules import Rules, of_page, of_site
from comment_service.storage.admin.rules import is_closed as closed_by
from comment_service.storage.comments import counts
from comment_service.storage.comments.own import is_believed_public, is_public_to
from comment_service.storage.comments.threads import SORTS
from comment_service.storage.db.session import session
from comment_service.storage.tables import DELETED, PENDING, PUBLISHED, Comment, Page
from comment_service.web.comments import avatars, emoji
from comment_service.web.comments.avatars import avatar
from comment_service.web.comments.login_options import account_name, sign_in_options, sign_in_url
from comment_service.web.comments.subscribe_offer import subscribe_url
from comment_service.web.comments.view_models import CommentView, FormView, SortLink, ThreadView
from comment_service.web.http.context import language, runtime
from comment_service.web.http.form_token import issue_token
from comment_service.web.http.place import PageRef

_RECHECKED_ON_SIGN_IN = (PENDING, GUEST)
"""Status and identity of a comment that its author can get re-checked by signing in."""


@dataclass(frozen=True)
class ThreadQuery:
    """Which part of a page's thread is requested, and in which order."""

    sort: str = "oldest"
    after: str = ""
    root: int | None = None
    focus: int | None = None
    fragment: str = ""  # of an imported comment's old address, to focus on it
    since: int | None = None
    level: int | None = None  # heading level
    number: int | None = None  # of the thread in its document, from 2

    @property
    def is_first(self) -> bool:
        """Return True if this is the beginning of a thread."""
        return (
            not self.after
            and self.root is None
            and self.focus is None
            and self.since is None
            and not self.fragment
        )

    def key(self) -> str:
        """Return a cache key of all fields."""
        return " ".join(str(getattr(self, field.name)) for field in fields(self))


def thread_url(at: PageRef, endpoint: str, **more: object) -> str:
    """Return the URL of a thread endpoint for a page; empty arguments are left out.

    A thread has some of each comment, so what they have in common is built once per request.
    """
    known = g.setdefault("thread_urls", {})
    base = known.get((endpoint, at.site.key, at.url))
    if base is None:
        base = url_for(f"thread.{endpoint}", site=at.site.key, url=at.url)
        known[endpoint, at.site.key, at.url] = base
    arguments = {k: v for k, v in more.items() if v not in (None, "")}
    return f"{base}&{urlencode(arguments)}" if arguments else base


def comment_url(endpoint: str, name: str, comment_id: int) -> str:
    """Return the URL of a thread endpoint for a comment, whose id is enough to find the page."""
    known: dict[str, str] = g.setdefault("comment_urls", {})
    base = known.get(endpoint)
    if base is None:
        base = known[endpoint] = url_for(f"thread.{endpoint}")
    return f"{base}?{name}={comment_id}"


def page_rules(at: PageRef, page: Page | None) -> Rules:
    """Return the rules that apply to a page."""
    return of_page(runtime().settings, at.site, page)


def is_closed(at: PageRef, page: Page | None) -> bool:
    """Return True if a page accepts no more comments."""
    return closed_by(page, page_rules(at, page), runtime().now())


def thread_view(
    at: PageRef,
    page: Page | None,
    query: ThreadQuery,
    comments: Sequence[CommentView],
    next_url: str,
) -> ThreadView:
    """Return one page of results of a thread."""
    code, direction = language()
    own = page_rules(at, page)
    view = ThreadView(
        site_key=at.site.key,
        page_url=at.url,
        page_title=(page.title if page else "") or at.title or at.url,
        locale=code,
        direction=direction,
        count=page.comment_count if page else 0,
        page_like_count=page.like_count if page else 0,
        page_likers=avatars.newest_likers(page, own),
        page_likers_url=thread_url(at, "likers") if own.likers == "everyone" else "",
        likes_url=url_for("comments.like"),
        closed=closed_by(page, own, runtime().now()),
        ways=sign_in_options({"site": at.site.key, "url": at.url}),
        guests=own.guests,
        likes=own.likes,
        report_url=url_for("reports.show") + "?comment=",
        sort=query.sort,
        focused=query.focus is not None or query.fragment != "",
        sorts=[SortLink(s, thread_url(at, "thread_page", sort=s), s == query.sort) for s in SORTS],
        comments=comments,
        next_url=next_url,
        revision=page.revision if page else 0,
        heading_level=query.level or runtime().settings.heading_level,
        suffix=f"-{query.number}" if query.number else "",
    )
    return emoji.with_reactions(_with_feed(at, page, view), own)


def answer_view(at: PageRef, page: Page | None, comments: Sequence[CommentView]) -> ThreadView:
    """Return what single comments and the heading of a thread are rendered from.

    That is the answer to a submission or an edit, which has no form and no links of the thread.
    """
    code, direction = language()
    own = page_rules(at, page)
    view = ThreadView(
        site_key=at.site.key,
        page_url=at.url,
        page_title="",
        locale=code,
        direction=direction,
        count=page.comment_count if page else 0,
        page_like_count=0,
        page_likers=(),
        page_likers_url=thread_url(at, "likers") if own.likers == "everyone" else "",
        likes_url="",
        closed=False,
        likes=own.likes,
        report_url=url_for("reports.show") + "?comment=",
        sort=SORTS[0],
        sorts=(),
        comments=comments,
        next_url="",
        revision=0,
        heading_level=runtime().settings.heading_level,
    )
    return emoji.with_reactions(view, own)


def _with_feed(at: PageRef, page: Page | None, view: ThreadView) -> ThreadView:
    """Return the thread with its feed URL and the number of its newest comment."""
    feed = url_for("feeds.atom", site=at.site.key, url=at.url) if view.count else ""
    return replace(view, newest=counts.newest_id(session(), page), feed_url=feed)


def comment_view(
    at: PageRef, comment: Comment, *, closed: bool = False, own: bool = False
) -> CommentView:
    """Return a comment as any reader may see it; ``own`` shows a pending one to its author."""
    status = visible_status(comment, own=own)
    readable = status != DELETED
    return CommentView(
        id=comment.id,
        fragment=comment.fragment,
        author_name=comment.name if readable else "",
        author_url=comment.url if readable else "",
        avatar=avatar(comment.author),
        provider=_provider_title(comment),
        help_url=sign_in_url(at)
        if own and (comment.status, comment.identity) == _RECHECKED_ON_SIGN_IN
        else "",
        source_url=comment.source_url if readable else "",
        created=comment.written_at or comment.created_at,
        edited=comment.edited_at,
        html=Markup(comment.html) if readable else Markup(""),  # noqa: S704 - sanitized by text/
        status=status,
        depth=comment.depth,
        parent_id=comment.parent_id,
        parent_name=_parent_name(comment, own=own),
        like_count=comment.like_count,
        by_moderator=comment.by_moderator,
        by_owner=comment.by_owner,
        writer=comment.writer,
        url=comment_url("thread_page", "focus", comment.id) + f"#comment-{comment.id}",
        reply_url="" if closed else comment_url("thread_page", "reply", comment.id) + "#respond",
        likers_url=comment_url("likers", "comment", comment.id),
        pinned=comment.page.pinned_id == comment.id,
    )


def visible_status(comment: Comment, *, own: bool) -> str:
    """Return the status that this reader sees: pending comments look deleted to others.

    A shadow-banned author sees what they sent since the ban as published.
    """
    if comment.status in {PUBLISHED, DELETED}:
        return comment.status
    if not own:
        return DELETED
    return PUBLISHED if is_believed_public(comment) else PENDING


def _parent_name(comment: Comment, *, own: bool) -> str:
    """Return the name of the parent comment's author, "" if the parent is not public."""
    parent = comment.parent
    reader_id = comment.author_id if own else None
    return parent.name if parent is not None and is_public_to(parent, reader_id) else ""


def _provider_title(comment: Comment) -> str:
    """Return the title of the author's sign-in provider, "" for guests and our own methods."""
    provider = runtime().providers.get(comment.provider)
    return str(provider.title) if provider is not None and comment.status != DELETED else ""


def account_label(at: PageRef, viewer: Viewer) -> str:
    """Return the name of a viewer's account, "" for a guest."""
    return "" if viewer.is_guest else account_name(viewer.provider, at.site.name)


def blank_form(at: PageRef) -> FormView:
    """Return the form for a cacheable fragment: no personal data and no token."""
    return FormView(
        action=url_for("comments.submit"),
        token="",
        key="",
        max_length=runtime().settings.max_length,
        privacy_url=thread_url(at, "privacy"),
        privacy_asked=of_site(runtime().settings, at.site).privacy_notice,
        account_url=url_for("account.show", site=at.site.key),
        sign_out_url=url_for("claim.sign_out"),
        notify_offered=bool(subscribe_url(at)),
        subscribe_url=subscribe_url(at),
    )


def reader_form(at: PageRef, viewer: Viewer, key: str, parent: Comment | None = None) -> FormView:
    """Return the form for one reader's own page; it works without a script."""
    return FormView(
        action=url_for("comments.submit"),
        token=issue_token(at),
        key=key,
        parent_id=parent.id if parent else None,
        parent_name=parent.name if parent else "",
        name=viewer.name,
        email=viewer.email,
        url=viewer.url,
        cancel_url=thread_url(at, "thread_page") if parent else "",
        account=account_label(at, viewer),
        log_out_url=viewer.log_out_url,
        account_url=url_for("account.show", site=at.site.key),
        sign_out_url=url_for("claim.sign_out"),
        max_length=runtime().settings.max_length,
        privacy_url=thread_url(at, "privacy"),
        privacy_asked=of_site(runtime().settings, at.site).privacy_notice,
        notify_offered=bool(subscribe_url(at) and (viewer.is_guest or viewer.email)),
        subscribe_url=subscribe_url(at),
    )
