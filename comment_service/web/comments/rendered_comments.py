"""Comments and forms as rendered for everyone, kept by every value that they are rendered from.

After a change of a thread, all comments but one look as before. What is kept depends on nothing
but its key: the shown columns of the comment and its author's picture, its parent's public name,
its reactions, and what all comments of a thread have in common (``_common``). So nothing has to be
forgotten when a comment, a rule or a language changes. Nothing personal is kept.
"""

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from flask import get_template_attribute, request
from markupsafe import Markup

from comment_service.runtime import Runtime
from comment_service.storage.comments.shown import ShownPage
from comment_service.storage.comments.threads import ShownRow
from comment_service.storage.tables import Page
from comment_service.web.comments.presenters import comment_view
from comment_service.web.comments.view_models import CommentView, FormView, ThreadView
from comment_service.web.http.context import language, runtime
from comment_service.web.http.place import PageRef

SHARE = 8
"""What part of the memory for answers the kept comments take, in addition to it."""
_OWN_BYTES = 2000
"""Size of a kept comment without its texts: the key, the values of its view, its addresses."""


class RenderedComments:
    """Views and articles by their values; evicts the least recently used above a size in bytes."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[tuple[Any, ...], tuple[Any, int]] = OrderedDict()
        self._lock = Lock()
        self.bytes = 0

    def get(self, key: tuple[Any, ...]) -> Any:
        """Return what is kept under a key, or None."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def put(self, key: tuple[Any, ...], value: Any, size: int) -> None:
        """Keep a value of a size in bytes, unless it is larger than everything may be."""
        with self._lock:
            if key in self._kept or size > self._max_bytes:
                return
            self._kept[key] = value, size
            self.bytes += size
            while self.bytes > self._max_bytes:
                _key, (_value, gone) = self._kept.popitem(last=False)
                self.bytes -= gone


@dataclass(frozen=True)
class Shown:
    """The comments of one part of a thread."""

    at: PageRef
    results: ShownPage
    closed: bool
    place: tuple[Any, ...]  # what all views of the page depend on
    pinned_id: int | None
    memory: RenderedComments
    keys: dict[int, tuple[Any, ...]] = field(default_factory=dict)  # comment id → key of its view

    def view_of(self, row: ShownRow) -> CommentView:
        """Return the view of a comment without its replies."""
        parent = self.results.names[row.parent_id] if row.parent_id is not None else ""
        key = self.keys[row.id] = (self.place, row, parent, row.id == self.pinned_id)
        found: CommentView | None = self.memory.get(key)
        if found is None:
            found = comment_view(self.at, self.results.read(row), closed=self.closed)
            self.memory.put(key, found, _OWN_BYTES + 3 * _size(row.html))
        return found

    def with_articles(self, thread: ThreadView) -> ThreadView:
        """Return a thread, complete otherwise and for everyone, with its comments rendered."""
        common, views = _common(thread), dict(_each(thread.comments))
        articles: dict[int, Markup] = {}
        for number, key in self.keys.items():
            given = thread.reactions.get(number, {})
            own = (common, key, tuple(sorted(given.items())) if given else ())
            found: Markup | None = self.memory.get(own)
            if found is None:
                render = get_template_attribute("comments/comments/_comment.html", "article")
                found = Markup(render(views[number], thread))  # noqa: S704 - made by our template
                self.memory.put(own, found, _OWN_BYTES + _size(found))
            articles[number] = found
        return replace(thread, articles=articles)


def of(at: PageRef, page: Page, results: ShownPage, *, closed: bool) -> Shown:
    """Return the comments of one part of a page's thread."""
    place = (at.site.key, at.url, request.script_root, closed)
    return Shown(at, results, closed, place, page.pinned_id, _memory(runtime()))


def with_form(thread: ThreadView, form: FormView) -> ThreadView:
    """Return a thread for everyone with its blank form rendered."""
    if thread.closed:
        return thread
    memory = _memory(runtime())
    about = (thread.site_key, thread.page_url, thread.page_title, thread.feed_url, thread.guests)
    level = min(thread.heading_level + 1, 6)
    values = tuple(value for name, value in vars(form).items() if name != "errors")
    key = (*language(), *about, tuple(thread.ways), thread.suffix, level, values)
    found: Markup | None = memory.get(key)
    if found is None:
        render = get_template_attribute("comments/comments/_form.html", "respond")
        found = Markup(render(form, thread, level))  # noqa: S704 - made by our template
        memory.put(key, found, _OWN_BYTES + _size(found))
    return replace(thread, form_html=found)


def _memory(state: Runtime) -> RenderedComments:
    """Return the app's memory; create it on first use."""
    if not isinstance(state.rendered_comments, RenderedComments):
        size = state.settings.cache_megabytes * 1_000_000 // SHARE
        state.rendered_comments = RenderedComments(size)
    return state.rendered_comments


def _common(thread: ThreadView) -> tuple[Any, ...]:
    """Return what the articles of a thread depend on besides their comments."""
    symbols = tuple(one.symbol for one in thread.emoji)
    shown = (thread.likes, bool(thread.page_likers_url), symbols, thread.report_url)
    return (*language(), thread.heading_level, thread.suffix, *shown)


def _each(comments: Any) -> Any:
    """Yield (id, view) of all comments in trees."""
    for comment in comments:
        yield comment.id, comment
        yield from _each(comment.replies)


def _size(text: str) -> int:
    return len(text) if text.isascii() else 4 * len(text)
