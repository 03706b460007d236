"""Load and render a page's thread; every view gets its HTML from here."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import version

from flask import get_template_attribute, render_template, request

from comment_service import paths
from comment_service.errors import CommentNotFound
from comment_service.storage.comments import counts, shown, threads
from comment_service.storage.comments.threads import SORTS, ThreadPage
from comment_service.storage.db.session import session
from comment_service.storage.pages import pages
from comment_service.storage.tables import Comment, Page
from comment_service.storage.tables.base import MAX_ID
from comment_service.text import addresses
from comment_service.web.comments import (
    emoji,
    json_ld,
    own_comments,
    presenters,
    rendered_comments,
)
from comment_service.web.comments.login_options import passkey_origin
from comment_service.web.comments.presenters import ThreadQuery
from comment_service.web.comments.tree import MAX_NESTED, comment_trees, partial_trees
from comment_service.web.comments.view_models import CommentView, FormView, ThreadView
from comment_service.web.http.context import id_argument, language, runtime
from comment_service.web.http.links import external_url_for
from comment_service.web.http.place import PageRef
from comment_service.web.http.viewer import current_viewer

ViewOf = Callable[[Comment], CommentView]
HEADING_LEVELS = range(1, 6)
NUMBERS = range(2, 1000)
"""Numbers of further threads in one document; the first one has none."""
_ROOT_RELATIVE_URL = re.compile(r'(<[a-z][^<>]*\s(?:href|action|src)=")/(?!/)')
FOCUSED_REPLIES = 500
"""Maximum replies shown with a linked comment, and in one page of "more replies"."""


def thread_query() -> ThreadQuery:
    """Read from the query string which part of a thread is requested."""
    sort = request.args.get("sort", "")
    level = request.args.get("level", type=int)
    number = request.args.get("number", type=int)
    return ThreadQuery(
        sort=sort if sort in SORTS else SORTS[0],
        after=request.args.get("after", "")[:40],
        root=id_argument("root"),
        focus=id_argument("focus"),
        fragment=request.args.get("old", "")[:128],
        since=id_argument("since"),
        level=level if level in HEADING_LEVELS else None,
        number=number if number in NUMBERS else None,
    )


def load(at: PageRef, query: ThreadQuery) -> ThreadView:
    """Return the requested part of a page's thread."""
    return load_part(at, pages.find(session(), at.site.id, at.url), query)


def load_part(
    at: PageRef, page: Page | None, query: ThreadQuery, *, public: bool = False
) -> ThreadView:
    """Return the requested part of the thread of a page, None if it has no thread yet.

    With ``public`` the view is rendered for everyone, as it is: rendered comments are kept.
    """
    if page is None:
        return presenters.thread_view(at, None, query, (), "")
    closed = presenters.is_closed(at, page)
    view_of = partial(presenters.comment_view, at, closed=closed)
    if query.root is not None:
        return _replies(at, page, query, view_of)
    if query.since is not None:
        found = counts.newer_comments(session(), page, query.since, FOCUSED_REPLIES)
        return presenters.thread_view(at, page, query, partial_trees(at, found, view_of), "")
    if query.focus is not None or query.fragment:
        return _focused(at, page, query, view_of)
    return _part(at, page, query, closed=closed, public=public)


def _part(at: PageRef, page: Page, query: ThreadQuery, *, closed: bool, public: bool) -> ThreadView:
    """Return a page of results; comments that were shown alike before are not presented anew."""
    settings = runtime().settings
    results = shown.load_page(
        session(),
        page,
        sort=query.sort,
        cursor=query.after,
        limit=settings.page_size,
        replies=settings.replies_shown,
    )
    following = ""
    if results.part.next_cursor:
        after = results.part.next_cursor
        following = presenters.thread_url(at, "thread_page", sort=query.sort, after=after)
    kept = rendered_comments.of(at, page, results, closed=closed)
    comments = comment_trees(at, query, results.part, kept.view_of)
    view = presenters.thread_view(at, page, query, comments, following)
    return kept.with_articles(view) if public else view


def _replies(at: PageRef, page: Page, query: ThreadQuery, view_of: ViewOf) -> ThreadView:
    """Return the next replies under a top-level comment."""
    root = require_shown(page, query.root)
    after = min(int(query.after), MAX_ID) if query.after.isdecimal() else 0
    found, rest = threads.load_more_replies(session(), root, after=after, limit=FOCUSED_REPLIES)
    following = ""
    if rest:
        following = presenters.thread_url(at, "thread_page", root=root.id, after=found[-1].id)
    comments = partial_trees(at, found, view_of)
    return presenters.thread_view(at, page, query, comments, following)


def _focused(at: PageRef, page: Page, query: ThreadQuery, view_of: ViewOf) -> ThreadView:
    """Return the tree that contains a linked comment; if it is deep, only the part around it."""
    comment = _linked_comment(page, query)
    root = top = require_shown(page, comment.root_id)
    found, rest = threads.load_more_replies(session(), root, after=0, limit=FOCUSED_REPLIES)
    loaded = comment.id <= max((c.id for c in found), default=root.id)
    if comment.depth > MAX_NESTED or not loaded:
        root = require_shown(page, comment.parent_id)
        found = threads.descendants(session(), root, FOCUSED_REPLIES)
        if comment not in found:
            found = [comment, *threads.descendants(session(), comment, FOCUSED_REPLIES - 1)]
        rest = threads.count_remaining(session(), top.id, after=found[-1].id)
    results = ThreadPage([root], {root.id: found}, {root.id: len(found) + rest}, "")
    comments = comment_trees(at, query, results, view_of)
    return presenters.thread_view(
        at, page, query, comments, presenters.thread_url(at, "thread_page")
    )


def _linked_comment(page: Page, query: ThreadQuery) -> Comment:
    """Return the comment that a link leads to, by its id or by its address before an import.

    Raises:
        CommentNotFound: there is none on this page.
    """
    try:
        return require_shown(page, query.focus)
    except CommentNotFound:
        fragment = query.fragment or f"comment-{query.focus}"
        found = threads.by_fragment(session(), page.id, fragment)
        if found is None:
            raise
        return require_shown(page, found.id)


def require_shown(page: Page | None, comment_id: int | None) -> Comment:
    """Return a comment that has a public place on this page (published, or deleted with replies).

    Raises:
        CommentNotFound: it has none.
    """
    comment = session().get(Comment, comment_id) if comment_id is not None else None
    if page is None or comment is None or comment.page_id != page.id or not comment.shown:
        raise CommentNotFound("This comment is gone.")
    return comment


@dataclass(frozen=True)
class Part:
    """A public part of a thread: its ETag, and a function that renders it."""

    tag: str
    render: Callable[[], str]


_SHOWN_SETTINGS = (
    "amp", "email_sign_in", "form_hours", "gravatar", "heading_level", "locale", "max_length",
    "page_size", "passkeys", "public_url", "replies_shown", "site",
)  # fmt: skip
"""Settings that the HTML of a thread depends on, besides rules."""


@cache
def _program() -> str:
    """Return a hash of what renders: the version, and the files of public templates."""
    found = hashlib.sha256(version("comment-service").encode())
    for path in sorted(paths.public_templates().glob("*.html")):
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


def etag(*parts: object) -> str:
    """Return a hash of everything that a rendering depends on."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:32]


def _tag(at: PageRef, page: Page | None, query: ThreadQuery, *more: object) -> str:
    """Return a hash of everything that the public rendering of this part depends on."""
    page_state = (page.id, page.revision, page.title or at.title) if page else ("none", at.title)
    rules = presenters.page_rules(at, page)
    rule_state = (presenters.is_closed(at, page), *vars(rules).values())
    request_state = (query.key(), *language(), request.script_root, passkey_origin() is not None)
    settings = runtime().settings
    program = (_program(), *(getattr(settings, name) for name in _SHOWN_SETTINGS))
    providers = sorted(runtime().providers)
    return etag(
        at.site.id, at.url, *page_state, *rule_state, *request_state, *program, providers, *more
    )


def fragment(at: PageRef, page: Page | None, query: ThreadQuery) -> Part:
    """Return the thread's public HTML."""
    tag = _tag(at, page, query, "thread")
    return Part(
        tag,
        lambda: render_public(at, load_part(at, page, query, public=True)),
    )


def static_fragment(at: PageRef, page: Page | None, query: ThreadQuery) -> Part:
    """Return the thread's HTML for a static site on another host.

    Braces are character references, so that the site's template engine does not interpret them.
    """
    own_origin = addresses.origin(external_url_for("thread.thread_page"))

    def render_static() -> str:
        view = load_part(at, page, query, public=True)
        html = render_public(at, view)
        html = (
            _ROOT_RELATIVE_URL.sub(rf"\1{own_origin}/", html)
            .replace("{", "&#123;")
            .replace("}", "&#125;")
        )
        return html + str(json_ld.script(view))

    return Part(_tag(at, page, query, "built", own_origin), render_static)


def results_fragment(at: PageRef, page: Page | None, query: ThreadQuery) -> Part:
    """Return only the comments of a page of results, for a thread already shown."""

    def render_results() -> str:
        return render_template(
            "comments/comments/_thread_page.html", thread=load_part(at, page, query, public=True)
        )

    return Part(_tag(at, page, query, "stretch"), render_results)


def render_public(at: PageRef, view: ThreadView) -> str:
    """Render a thread for everyone, with a blank form."""
    form = presenters.blank_form(at)
    return render(rendered_comments.with_form(view, form), form)


def render(view: ThreadView, form: FormView | None) -> str:
    """Render the thread template."""
    return render_template(
        "comments/comments/_thread.html", thread=view, form=None if view.closed else form
    )


def posted_html(at: PageRef, comment: CommentView, *, new: Comment | None = None) -> str:
    """Return the HTML of a comment that was just posted, or is pending, with the page's counts.

    ``new`` is the row of one that its author posted just now, whose page is as it is now: then
    nothing is read, unless the author is shadow-banned.
    """
    if new is not None and not new.author.shadowed:
        view = presenters.answer_view(at, new.page, [comment])
    else:
        view = _with_counts(at, [comment])
    return render_template("comments/comments/_posted.html", comment=view.comments[0], thread=view)


def changed_html(at: PageRef, comment: CommentView | None) -> str:
    """Return the HTML after an edit or deletion; ``comment`` is None if no tombstone is left."""
    view = _with_counts(at, [comment] if comment else [])
    shown = view.comments[0] if comment else None
    return render_template("comments/comments/_changed.html", comment=shown, thread=view)


def _with_counts(at: PageRef, comments: Sequence[CommentView]) -> ThreadView:
    """Return some comments of a page with the numbers that the viewer sees."""
    page = pages.find(session(), at.site.id, at.url)
    view = presenters.answer_view(at, page, comments)
    return own_comments.with_unseen_numbers(at, current_viewer(at.site.id), view)


def like_label(count: int, *, of_page: bool) -> str:
    """Return the label beside a like button."""
    name = "page_likes" if of_page else "comment_likes"
    return str(get_template_attribute("comments/comments/_comment.html", name)(count)).strip()


def reaction_label(symbol: str, count: int) -> str:
    """Return the label of a reaction button: "Heart: 3"."""
    words = get_template_attribute("comments/comments/_comment.html", "reaction_words")
    return str(words(emoji.emoji_view(symbol).name, count)).strip()
