"""A reader has everything erased that is about them; what stays says nothing of who they were.

Comments go by the site's rule ``erased_comments``: what they say stays under a name that is
nobody's, or goes as well and leaves its place where there are replies. Where the text stays, so
does what the filter learned from it, without name, address and website.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from comment_service.actions.comments import resolve_author, wipe
from comment_service.identity import GUEST
from comment_service.runtime import Runtime
from comment_service.screening import Submission
from comment_service.storage import tables as t
from comment_service.storage.admin import rules
from comment_service.storage.comments import links, threads
from comment_service.storage.db import locks
from comment_service.storage.readers import accounts, subscriptions

ERASED = "erased"
"""The change's name in the audit line."""
KEEP, REMOVE = "keep", "remove"
AT_ONCE = 200
_OWN = (t.PageLike, t.CommentLike, t.Reaction, t.AuthorNote)
_PERSONAL = (
    "author_",
    "name_",
    "email_",
    "list_email",
    "list_domain",
    "domain_",
    "link_is_website",
)
"""Beginnings of the names of findings that quote a name, an address or a website."""


def erase_author(*, session: Session, runtime: Runtime, author: t.Author, name: str) -> None:
    """Wipe an author; ``name`` is under which their comments stand where they stay.

    Doing it twice changes nothing. Where a block stands, a keyed hash of each subject is kept, by
    which the same person is known again, and blocked, and by which nobody finds them.
    The audit lines stay, with nothing of whom they are about.
    """
    session.refresh(author, with_for_update=True)
    if author.erased_at is not None:
        return
    site = session.get_one(t.Site, author.site_id)
    pages = locks.found(session, lambda: accounts.pages_of(session, author.id))
    liked = _liked(session, author.id)
    removes = rules.of_site(runtime.settings, site).erased_comments == REMOVE
    wipe: Callable[[Session, t.Comment], None] = _remove if removes else _anonymous(name)
    for comment in _comments(session, author.id):
        wipe(session, comment)
    known = _known_again(session, runtime, author)
    _forget(session, author)
    session.add_all(known)
    for comment_id in liked:
        threads.recount_likes(session, session.get_one(t.Comment, comment_id))
    author.name = author.email = author.url = author.proven_email = author.picture = ""
    author.trusted_at, author.erased_at = None, runtime.now()
    accounts.note(session, author, ERASED, {}, now=runtime.now())
    for page_id in pages:
        threads.touch(session, page_id)


def _known_again(session: Session, runtime: Runtime, author: t.Author) -> Sequence[t.Identity]:
    """Return what has to stay of a blocked author's identities, not yet kept."""
    now = runtime.now()
    if not accounts.stands_blocked(author, now):
        return []
    return [
        t.Identity(
            site_id=one.site_id,
            author_id=author.id,
            provider=one.provider,
            issuer=one.issuer,
            subject=resolve_author.erased_subject(runtime, one.issuer, one.subject),
            created_at=now,
        )
        for one in accounts.identities(session, author.id)
        if one.provider != GUEST
    ]


def _liked(session: Session, author_id: int) -> Sequence[int]:
    query = select(t.CommentLike.comment_id).where(t.CommentLike.author_id == author_id)
    return list(session.scalars(query.order_by(t.CommentLike.comment_id)))


def _comments(session: Session, author_id: int) -> Iterator[t.Comment]:
    """Yield an author's comments, a stretch in memory at a time, the newest first."""
    last = None
    while True:
        query = select(t.Comment).where(t.Comment.author_id == author_id)
        if last is not None:
            query = query.where(t.Comment.id < last)
        found = list(session.scalars(query.order_by(t.Comment.id.desc()).limit(AT_ONCE)))
        yield from found
        if len(found) < AT_ONCE:
            return
        last = found[-1].id
        session.flush()


def _anonymous(name: str) -> Callable[[Session, t.Comment], None]:
    """Return what lets a comment's text stand, under a name that is nobody's."""

    def wipe(session: Session, comment: t.Comment) -> None:
        if comment.status == t.DELETED:
            return
        comment.name, comment.email, comment.url, comment.network = name, "", "", ""
        comment.provider = ""
        links.replace(session, comment, Submission(text=comment.text, html=comment.html).domains)
        _execute(session, delete(t.Revision).where(t.Revision.comment_id == comment.id))
        learned = update(t.Label).where(t.Label.comment_id == comment.id)
        _execute(session, learned.values(author="", email="", url=""))
        for verdict in session.scalars(select(t.Verdict).where(t.Verdict.comment_id == comment.id)):
            verdict.reasons = [r for r in verdict.reasons if not _quotes_person(r)]
        session.flush()

    return wipe


def _quotes_person(reason: dict[str, Any]) -> bool:
    return str(reason.get("name", "")).startswith(_PERSONAL)


def _remove(session: Session, comment: t.Comment) -> None:
    """Take away what a comment says; its place stays where there are replies."""
    if comment.status != t.DELETED:
        wipe.wipe_comment(session, comment)
        threads.refresh(session, comment)


def _forget(session: Session, author: t.Author) -> None:
    """Delete what is an author's own, and every way back to the account."""
    subscriptions.erase_of(session, author, author.proven_email)
    for table in _OWN:
        _execute(session, delete(table).where(table.author_id == author.id))
    told = update(t.Report).where(t.Report.author_id == author.id)
    _execute(session, told.values(author_id=None, reason=""))
    said = update(t.AuthorChange).where(t.AuthorChange.author_id == author.id)
    _execute(session, said.values(about={}))
    of_them = select(t.Identity.id).where(t.Identity.author_id == author.id)
    for owned in (t.Passkey, t.SignIn, t.Session):
        _execute(session, delete(owned).where(owned.identity_id.in_(of_them)))
    _execute(session, delete(t.Session).where(t.Session.author_id == author.id))
    _execute(session, delete(t.Picture).where(t.Picture.author_id == author.id))
    _execute(session, delete(t.Identity).where(t.Identity.author_id == author.id))


def _execute(session: Session, statement: Any) -> None:
    session.execute(statement.execution_options(synchronize_session=False))
