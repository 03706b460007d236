"""Delete a reader's account: everything personal is removed.

The site's rule ``erased_comments`` decides about comments: their text stays under a neutral name,
or it is removed too and leaves a tombstone if there are replies. If the text stays, its training
labels stay too, without name, address and website.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from comment_service import events
from comment_service.actions.comments import resolve_author, wipe
from comment_service.identity import GUEST
from comment_service.runtime import Runtime
from comment_service.screening import Submission
from comment_service.storage import tables as t
from comment_service.storage.admin import rules
from comment_service.storage.comments import links, threads, webmentions
from comment_service.storage.db import locks
from comment_service.storage.db.session import announce
from comment_service.storage.moderation import comment_history
from comment_service.storage.readers import accounts, subscriptions

ERASED = "erased"
"""Name of the change in the audit log."""
KEEP, REMOVE = "keep", "remove"
BATCH_SIZE = 200
_OWNED_TABLES = (t.PageLike, t.CommentLike, t.Reaction, t.AuthorNote)
_PERSONAL_PREFIXES = (
    "author_",
    "name_",
    "email_",
    "list_email",
    "list_domain",
    "domain_",
    "link_is_website",
)
"""Name prefixes of findings that quote a name, an address or a website."""


Wipe = Callable[[Session, t.Comment], None]


def wiper(runtime: Runtime, site: t.Site, name: str, removes: bool | None) -> Wipe:
    """Return the function that erases a person from one of their comments.

    ``removes`` says whether the text goes too; None is the site's rule.
    """
    if removes is None:
        removes = rules.of_site(runtime.settings, site).erased_comments == REMOVE
    return _remove if removes else _anonymizer(name)


def erase_author(
    *,
    session: Session,
    runtime: Runtime,
    author: t.Author,
    name: str,
    removes: bool | None = None,
) -> None:
    """Wipe an author; ``name`` is shown at comments that stay. Idempotent.

    ``removes`` as in ``wiper``.

    Bulk actions that searched for a part of their name or address forget what was searched for.
    For a blocked author a keyed hash of each subject is kept: it recognises the same person, so
    that the block still applies, but does not reveal them. Audit entries stay without personal
    data.
    """
    session.refresh(author, with_for_update=True)
    if author.erased_at is not None:
        return
    site = session.get_one(t.Site, author.site_id)
    pages = locks.lock_found_pages(session, lambda: accounts.pages_of(session, author.id))
    liked = _liked(session, author.id)
    wipe = wiper(runtime, site, name, removes)
    known_as = {author.name, author.email, author.proven_email}
    for comment in _comments(session, author.id):
        known_as |= {comment.name, comment.email}
        wipe(session, comment)
    comment_history.forget_searches(session, site.id, known_as - {name})
    kept_identities = _blocked_identities(session, runtime, author)
    _delete_owned(session, author)
    session.add_all(kept_identities)
    for comment_id in liked:
        comment = session.get_one(t.Comment, comment_id)
        threads.on_like_changed(session, comment.page_id, comment)
    author.name = author.email = author.url = author.proven_email = author.picture = ""
    author.trusted_at, author.erased_at = None, runtime.now()
    accounts.add_audit_entry(session, author, ERASED, {}, now=runtime.now())
    for page_id in pages:
        threads.bump_revision(session, page_id)


def _blocked_identities(
    session: Session, runtime: Runtime, author: t.Author
) -> Sequence[t.Identity]:
    """Return the hashed identities to keep for a blocked author, not yet added to the session."""
    now = runtime.now()
    if not accounts.is_blocked(author, now):
        return []
    return [
        t.Identity(
            site_id=identity.site_id,
            author_id=author.id,
            provider=identity.provider,
            issuer=identity.issuer,
            subject=resolve_author.erased_subject(runtime, identity.issuer, identity.subject),
            created_at=now,
        )
        for identity in accounts.identities(session, author.id)
        if identity.provider != GUEST
    ]


def _liked(session: Session, author_id: int) -> Sequence[int]:
    query = select(t.CommentLike.comment_id).where(t.CommentLike.author_id == author_id)
    return list(session.scalars(query.order_by(t.CommentLike.comment_id)))


def _comments(session: Session, author_id: int) -> Iterator[t.Comment]:
    """Yield an author's comments, newest first, loading a limited number at a time."""
    last = None
    while True:
        query = select(t.Comment).where(t.Comment.author_id == author_id)
        if last is not None:
            query = query.where(t.Comment.id < last)
        batch = list(session.scalars(query.order_by(t.Comment.id.desc()).limit(BATCH_SIZE)))
        yield from batch
        if len(batch) < BATCH_SIZE:
            return
        last = batch[-1].id
        session.flush()


def _anonymizer(name: str) -> Wipe:
    """Return a function that keeps a comment's text and removes the author's data."""

    def anonymize(session: Session, comment: t.Comment) -> None:
        if comment.status == t.DELETED:
            return
        comment.name, comment.email, comment.url, comment.network = name, "", "", ""
        comment.provider = comment.source_url = ""
        webmentions.erase_of_comments(session, [comment.id])
        links.replace_domains(
            session, comment, Submission(text=comment.text, html=comment.html).domains
        )
        _execute(session, delete(t.Revision).where(t.Revision.comment_id == comment.id))
        wipe.anonymize_labels(session, [comment.id])
        for verdict in session.scalars(select(t.Verdict).where(t.Verdict.comment_id == comment.id)):
            verdict.reasons = [r for r in verdict.reasons if not _quotes_person(r)]
        wipe.forget_deliveries(session, [comment.id])
        session.flush()
        payload = {"comment_id": comment.id, "page_id": comment.page_id, "status": comment.status}
        announce(session, events.comment_edited.name, comment.page.site.key, **payload)

    return anonymize


def _quotes_person(reason: dict[str, Any]) -> bool:
    return str(reason.get("name", "")).startswith(_PERSONAL_PREFIXES)


def _remove(session: Session, comment: t.Comment) -> None:
    """Wipe a comment; a tombstone stays if it has replies."""
    if comment.status != t.DELETED:
        wipe.wipe_comment(session, comment)
        threads.refresh_counts(session, comment)
        payload = {"comment_id": comment.id, "page_id": comment.page_id}
        announce(session, events.comment_deleted.name, comment.page.site.key, **payload)


def _delete_owned(session: Session, author: t.Author) -> None:
    """Delete the author's own rows, identities and sessions."""
    subscriptions.delete_of(session, author, author.proven_email)
    webmentions.erase_of_author(session, author.id)
    for table in _OWNED_TABLES:
        _execute(session, delete(table).where(table.author_id == author.id))
    reports = update(t.Report).where(t.Report.author_id == author.id)
    _execute(session, reports.values(author_id=None, reason=""))
    changes = update(t.AuthorChange).where(t.AuthorChange.author_id == author.id)
    _execute(session, changes.values(about={}))
    identity_ids = select(t.Identity.id).where(t.Identity.author_id == author.id)
    for linked in (t.Passkey, t.SignIn, t.Session):
        _execute(session, delete(linked).where(linked.identity_id.in_(identity_ids)))
    _execute(session, delete(t.Session).where(t.Session.author_id == author.id))
    _execute(session, delete(t.Picture).where(t.Picture.author_id == author.id))
    _execute(session, delete(t.Identity).where(t.Identity.author_id == author.id))


def _execute(session: Session, statement: Any) -> None:
    session.execute(statement.execution_options(synchronize_session=False))
