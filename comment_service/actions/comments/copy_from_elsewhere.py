"""Keep a comment here in line with its source, a page of another site.

A copy goes through the same screening as every comment. Its author is known by the host that says
who it is, and what that says of the author; so trust in an author, and a block, hold for that host
only. For a page that is the host of its address, for a reply of a syndicated thread the server from
which the thread is read.
"""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from sqlalchemy.orm import Session

from comment_service.actions.comments import delete, edit, permissions
from comment_service.actions.comments.rewrite import submission_of, with_page_state
from comment_service.actions.comments.submit import Draft, SubmitResult, submit, with_author
from comment_service.identity import Viewer
from comment_service.runtime import Runtime
from comment_service.screening import Submission
from comment_service.storage import tables as t
from comment_service.storage.comments import webmentions
from comment_service.storage.db import locks
from comment_service.text import markdown
from comment_service.text.imported import from_plain
from comment_service.text.names import MAX_NAME, clean_name, clean_website
from comment_service.text.visible import renders_visibly

WEBMENTION = "webmention"
"""Provider of the identities of authors whose pages are known by Webmentions."""
MAX_URL = 2000
_MAX_SUBJECT = 255


@dataclass(frozen=True)
class Source:
    """What a page elsewhere says; empty values are unknown.

    ``provider`` is how it came here, ``author`` the author's URL or id as the page states it;
    ``author_id`` is an id that stays when that changes, "" for none. ``voucher`` is the host that
    says all this, "" for the host of ``url``. ``text`` is plain text.
    """

    provider: str
    url: str
    author: str = ""
    name: str = ""
    text: str = ""
    title: str = ""
    published: datetime | None = None
    author_id: str = ""
    voucher: str = ""

    @cached_property
    def host(self) -> str:
        """The host of the page."""
        return webmentions.host_of(self.url)

    @cached_property
    def subject(self) -> str:
        """The author's identity, with the host that vouches for it."""
        voucher = self.voucher or self.host
        subject = f"{voucher} {self.author_id or self.author}"
        if len(subject) <= _MAX_SUBJECT:
            return subject
        return f"{voucher[:100]} {hashlib.sha256(subject.encode()).hexdigest()}"

    def viewer(self, network: str = "") -> Viewer:
        """Return the author; ``network`` is the keyed hash of the sender's network."""
        return Viewer(provider=self.provider, subject=self.subject, network=network)

    def draft(
        self, runtime: Runtime, page_url: str, parent_id: int | None, title: str = ""
    ) -> Draft:
        """Return the draft of a comment; call it before the transaction, it renders the text."""
        now = runtime.now()
        written = self.published if self.published and self.published <= now else None
        draft = Draft(
            page_url=page_url,
            page_title=title,
            text=_markdown(self, runtime.settings.max_length),
            key=f"{self.provider}.{secrets.token_hex(16)}",
            name=clean_name(self.name)[:MAX_NAME].strip() or self.host[:MAX_NAME],
            url=_website(self.author),
            parent_id=parent_id,
            source_url=self.url,
            written_at=written,
        )
        _ = draft.html
        return draft


def _website(url: str) -> str:
    found = clean_website(url) if "://" in url else ""
    return found if len(found) <= MAX_URL else ""


def _markdown(source: Source, limit: int) -> str:
    """Return the text, else the title or the address, as Markdown of at most ``limit``."""
    for plain in (source.text, source.title, source.url):
        text = markdown.normalize_source(from_plain(plain[:limit]))
        if renders_visibly(text):
            return text if len(text) <= limit else f"{text[: limit - 1].rstrip(chr(92))}…"
    return source.host


def add(
    *,
    session: Session,
    runtime: Runtime,
    site: t.Site,
    source: Source,
    draft: Draft,
    network: str = "",
) -> SubmitResult:
    """Store a page elsewhere as a comment, with its verdict.

    Raises:
        errors.Refusal: page closed, parent gone, rate limit exceeded, duplicate.
    """
    viewer = source.viewer(network)
    return submit(session=session, runtime=runtime, site=site, viewer=viewer, draft=draft)


def update(*, session: Session, runtime: Runtime, comment: t.Comment, draft: Draft) -> str:
    """Bring a comment in line with its source; return why it stays as it is, "" if it does not.

    It stays if a moderator decided against it or changed it, or readers reported it.

    Raises:
        errors.Refusal: screening refuses the new text.
    """
    locks.lock_comment(session, comment)
    if comment.status == t.DELETED:
        return "The comment was deleted."
    if (comment.text, comment.name, comment.url) == (draft.text, draft.name, draft.url):
        return ""
    reason = permissions.edit_blockers(session, [comment]).get(comment.id)
    if reason:
        return reason
    submission = with_author(_submission(runtime, comment, draft), comment.author)
    edit.apply_edit(session, runtime, comment, submission)
    return ""


def _submission(runtime: Runtime, comment: t.Comment, draft: Draft) -> Submission:
    submission = submission_of(runtime, comment, text=draft.text, html=draft.html)
    submission = replace(submission, name=draft.name, url=draft.url, network=comment.network)
    return with_page_state(runtime, comment, submission)


def withdraw(*, session: Session, runtime: Runtime, comment: t.Comment) -> None:
    """Delete a comment because its source is gone; a tombstone stays if it has replies."""
    locks.lock_comment(session, comment)
    if comment.status != t.DELETED:
        delete.remove_own(session, runtime, comment)
