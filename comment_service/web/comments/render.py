"""Load and render a page's thread: the one way to its HTML for every door."""

import re

from flask import get_template_attribute, render_template, request, url_for

from comment_service.errors import CommentGone
from comment_service.storage.comments import counts, threads
from comment_service.storage.comments.threads import SORTS, Stretch
from comment_service.storage.db.session import session
from comment_service.storage.pages import pages
from comment_service.storage.tables import Comment, Page
from comment_service.storage.tables.base import MAX_ID
from comment_service.text import addresses
from comment_service.web.comments import emoji, json_ld, presenters
from comment_service.web.comments.fragment_cache import etag, fragments
from comment_service.web.comments.login_options import passkey_origin
from comment_service.web.comments.presenters import Asked
from comment_service.web.comments.tree import MAX_NESTED, forest, loose
from comment_service.web.comments.view_models import CommentView, FormView, ThreadView
from comment_service.web.http.context import language, number, runtime
from comment_service.web.http.place import Place

HEADING_LEVELS = range(1, 6)
_OURS = re.compile(r'(<[a-z][^<>]*\s(?:href|action|src)=")/(?!/)')
FOCUSED_REPLIES = 500
"""Replies shown with a comment that is linked to, and in one stretch of "more replies"."""


def asked() -> Asked:
    """Read from the request's address which part of a thread is wanted."""
    sort = request.args.get("sort", "")
    level = request.args.get("level", type=int)
    return Asked(
        sort=sort if sort in SORTS else SORTS[0],
        after=request.args.get("after", "")[:40],
        root=number("root"),
        focus=number("focus"),
        since=number("since"),
        level=level if level in HEADING_LEVELS else None,
    )


def load(at: Place, wanted: Asked) -> ThreadView:
    """Return the wanted stretch of a page's thread."""
    page = pages.find(session(), at.site.id, at.url)
    if page is None:
        return presenters.thread(at, None, wanted, (), "")
    closed = presenters.is_closed(at, page)
    if wanted.root is not None:
        return _replies(at, page, wanted, closed=closed)
    if wanted.since is not None:
        found = counts.since(session(), page, wanted.since, FOCUSED_REPLIES)
        return presenters.thread(at, page, wanted, loose(at, found, closed=closed), "")
    if wanted.focus is not None:
        return _focused(at, page, wanted, closed=closed)
    settings = runtime().settings
    stretch = threads.load(
        session(),
        page,
        sort=wanted.sort,
        cursor=wanted.after,
        limit=settings.page_size,
        replies=settings.replies_shown,
    )
    following = ""
    if stretch.next_cursor:
        after = stretch.next_cursor
        following = presenters.link(at, "thread_page", sort=wanted.sort, after=after)
    comments = forest(at, wanted, stretch, closed=closed)
    return presenters.thread(at, page, wanted, comments, following)


def _replies(at: Place, page: Page, wanted: Asked, *, closed: bool) -> ThreadView:
    """Return the next replies under one root."""
    root = shown(page, wanted.root)
    after = min(int(wanted.after), MAX_ID) if wanted.after.isdecimal() else 0
    found, rest = threads.load_more(session(), root, after=after, limit=FOCUSED_REPLIES)
    following = ""
    if rest:
        following = presenters.link(at, "thread_page", root=root.id, after=found[-1].id)
    comments = loose(at, found, closed=closed)
    return presenters.thread(at, page, wanted, comments, following)


def _focused(at: Place, page: Page, wanted: Asked, *, closed: bool) -> ThreadView:
    """Return the tree that a linked comment stands in; deep inside, the part around it."""
    comment = shown(page, wanted.focus)
    root = top = shown(page, comment.root_id)
    found, rest = threads.load_more(session(), root, after=0, limit=FOCUSED_REPLIES)
    loaded = comment.id <= max((c.id for c in found), default=root.id)
    if comment.depth > MAX_NESTED or not loaded:
        root = shown(page, comment.parent_id)
        found = threads.below(session(), root, FOCUSED_REPLIES)
        if comment not in found:
            found = [comment, *threads.below(session(), comment, FOCUSED_REPLIES - 1)]
        rest = threads.remaining(session(), top.id, after=found[-1].id)
    stretch = Stretch([root], {root.id: found}, {root.id: len(found) + rest}, "")
    comments = forest(at, wanted, stretch, closed=closed)
    return presenters.thread(at, page, wanted, comments, presenters.link(at, "thread_page"))


def shown(page: Page | None, comment_id: int | None) -> Comment:
    """Return a comment whose place on this page is public.

    Raises:
        CommentGone: it is not.
    """
    comment = session().get(Comment, comment_id) if comment_id is not None else None
    if page is None or comment is None or comment.page_id != page.id or not comment.shown:
        raise CommentGone("This comment is no longer here. The rest of the thread is.")
    return comment


def tag(at: Place, wanted: Asked, *more: object) -> str:
    """Return what the public rendering of this part depends on."""
    page = pages.find(session(), at.site.id, at.url)
    known = (page.id, page.revision, page.title or at.title) if page else ("none", at.title)
    rules = presenters.rules(at, page)
    ruled = (
        presenters.is_closed(at, page),
        rules.guests,
        rules.likes,
        rules.likers,
        rules.reactions,
    )
    asked_for = (wanted.key(), *language(), request.script_root, passkey_origin() is not None)
    return etag(at.site.id, at.url, *known, *ruled, *asked_for, *more)


def fragment(at: Place, wanted: Asked) -> tuple[str, str]:
    """Return the thread's public HTML with its tag; rendered once for each revision."""
    key = tag(at, wanted, "thread")
    return fragments().get(key, lambda: render(load(at, wanted), presenters.blank_form(at))), key


def built(at: Place, wanted: Asked) -> tuple[str, str]:
    """Return the thread for a page of another host that is built beforehand, with its tag.

    Its braces are character references: whatever includes it has no template to run in it.
    """
    ours = addresses.origin(url_for("widget.thread_page", _external=True))
    key = tag(at, wanted, "built", ours)

    def made() -> str:
        view = load(at, wanted)
        html = render(view, presenters.blank_form(at))
        html = _OURS.sub(rf"\1{ours}/", html).replace("{", "&#123;").replace("}", "&#125;")
        return html + str(json_ld.script(view))

    return fragments().get(key, made), key


def stretch(at: Place, wanted: Asked) -> tuple[str, str]:
    """Return only the comments of a stretch, for a thread that is on the screen already."""
    key = tag(at, wanted, "stretch")

    def made() -> str:
        return render_template("comments/comments/_thread_page.html", thread=load(at, wanted))

    return fragments().get(key, made), key


def render(view: ThreadView, form: FormView | None) -> str:
    """Return the one template of a thread."""
    return render_template(
        "comments/comments/_thread.html", thread=view, form=None if view.closed else form
    )


def posted(at: Place, comment: CommentView) -> str:
    """Return the HTML of one comment that was just posted, or waits, with the page's counts."""
    page = pages.find(session(), at.site.id, at.url)
    view = presenters.thread(at, page, Asked(), [comment], "")
    return render_template("comments/comments/_posted.html", comment=comment, thread=view)


def changed(at: Place, comment: CommentView | None) -> str:
    """Return the HTML of a comment that was changed, None where nothing of it is left to see."""
    page = pages.find(session(), at.site.id, at.url)
    view = presenters.thread(at, page, Asked(), [comment] if comment else (), "")
    return render_template("comments/comments/_changed.html", comment=comment, thread=view)


def like_words(count: int, *, of_page: bool) -> str:
    """Return the words beside a like button."""
    name = "page_likes" if of_page else "comment_likes"
    return str(get_template_attribute("comments/comments/_comment.html", name)(count)).strip()


def reaction_words(symbol: str, count: int) -> str:
    """Return what a button with an emoji is called: "Heart: 3"."""
    words = get_template_attribute("comments/comments/_comment.html", "reaction_words")
    return str(words(emoji.view(symbol).name, count)).strip()
