"""What the code of a Flask host may call: score a text, submit a comment, read a thread.

Plain values in and out; every function needs the service's app context, and refusals are those of
``errors``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from comment_service.actions.comments.submit import prepare
from comment_service.actions.comments.submit_by_program import (
    ProgramComment,
    draft_of,
    submit_by_program,
)
from comment_service.actions.filter.external_check import SentText, judge
from comment_service.errors import InvalidFields, SiteUnknown
from comment_service.storage import tables as t
from comment_service.storage.admin import sites
from comment_service.storage.comments import threads
from comment_service.storage.db.session import session, transaction
from comment_service.storage.pages import pages
from comment_service.text import addresses
from comment_service.web.http import place
from comment_service.web.http.context import runtime
from comment_service.web.http.viewer import sent_network

HOST_KEY = 0
"""In the place of a key's id: the host's own code has none."""


@dataclass(frozen=True)
class ScoredText:
    """What the filter says: the probability of spam (0 to 1), the status it asks for, and why."""

    probability: float | None
    status: str
    reasons: Sequence[str]


@dataclass(frozen=True)
class SubmittedComment:
    """A stored comment; ``status`` is published, pending, spam or rejected."""

    id: int
    status: str
    repeated: bool


@dataclass(frozen=True)
class ThreadComment:
    """A public comment; ``html`` is safe to show."""

    id: int
    parent_id: int | None
    name: str
    text: str
    html: str
    created_at: datetime
    likes: int


def score(
    text: str, *, site: str = "", author: str = "", email: str = "", url: str = ""
) -> ScoredText:
    """Ask a site's filter about a text; nothing is stored.

    Raises:
        SiteUnknown: there is no such site.
        FilterUnavailable: the site has no model that works.
    """
    row = _site(site)
    sent = SentText(blog=row.key, text=text, author=author, email=email, url=url)
    verdict = judge(session=session(), runtime=runtime(), site=row, sent=sent)
    reasons = [finding.sentence for finding in verdict.findings]
    return ScoredText(verdict.score, verdict.status, reasons)


def submit(
    text: str,
    *,
    page: str,
    name: str,
    title: str = "",
    site: str = "",
    email: str = "",
    url: str = "",
    author_id: str = "",
    address: str = "",
    parent_id: int | None = None,
    key: str = "",
) -> SubmittedComment:
    """Submit a comment for a person; it is screened like any other.

    Args:
        text: the comment as Markdown.
        page: the page's absolute address.
        name: the person's name.
        title: the page's title.
        site: the site's key; "" for the configured one.
        email: the person's address, never shown.
        url: the person's website.
        author_id: your own id of the person; "" for a guest.
        address: the person's IP address, for the limits of guests.
        parent_id: the comment that is answered.
        key: names this call, so that a repeated one stores nothing twice.

    Raises:
        errors.Refusal: a field is wrong, the page is closed, a limit is exceeded, …
    """
    row = _site(site)
    sent = ProgramComment(
        page_url=_page_url(page),
        page_title=place.clean_title(title, page),
        text=text,
        name=name,
        email=email,
        url=url,
        author_id=author_id,
        network=sent_network(address, "address"),
        parent_id=parent_id,
    )
    draft = draft_of(runtime(), HOST_KEY, sent, key)
    draft = prepare(session=session(), runtime=runtime(), site=row, draft=draft)
    with transaction() as current:
        done = submit_by_program(
            session=current, runtime=runtime(), site=row, key_id=HOST_KEY, sent=sent, draft=draft
        )
    return SubmittedComment(done.comment_id, done.status, done.repeated)


def thread(page: str, *, site: str = "", limit: int = 100) -> Sequence[ThreadComment]:
    """Return the newest public comments of a page, oldest first; empty if it has none.

    Raises:
        SiteUnknown: there is no such site.
        InvalidFields: the address is not absolute.
    """
    row = _site(site)
    found = pages.find(session(), row.id, _page_url(page))
    if found is None:
        return []
    newest = threads.newest(session(), row.id, page=found, parent=None, limit=limit)
    return [
        ThreadComment(
            id=one.id,
            parent_id=one.parent_id,
            name=one.name,
            text=one.text,
            html=one.html,
            created_at=one.created_at,
            likes=one.like_count,
        )
        for one in reversed(newest)
    ]


def _site(key: str) -> t.Site:
    key = key or runtime().settings.site
    found = sites.find(session(), key)
    if found is None:
        raise SiteUnknown(f"There is no site {key}.")
    return found


def _page_url(page: str) -> str:
    try:
        return addresses.clean_page_url(page)
    except ValueError as error:
        raise InvalidFields({"page": [f"{error}."]}) from None
