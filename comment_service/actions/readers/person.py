"""Answer a person who asks for their data, or for its erasure, by mail: found by address."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from comment_service import catalogues
from comment_service.actions.readers import erase_author
from comment_service.actions.readers.email_link import EMAIL_LINK
from comment_service.errors import DoesNotExist, InvalidFields
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import people
from comment_service.storage.comments import threads
from comment_service.storage.db import locks
from comment_service.storage.moderation import comment_history
from comment_service.storage.readers import person, personal_data
from comment_service.text.names import clean_mailbox
from comment_service.text.sentences import staff_sentence

EXPORTED, ERASED = "person_exported", "person_erased"
"""Names of the changes in the audit log."""


@dataclass(frozen=True)
class FoundAuthor:
    """An author whose only address it is: the number of comments, and whether it is proven."""

    author: t.Author
    comments: int


@dataclass(frozen=True)
class PersonFound:
    """What a site stores under an address.

    ``comments`` are those of authors who gave other addresses too; only these comments are the
    person's. ``entries`` are blocklist entries, which stay.
    """

    address: str
    authors: Sequence[FoundAuthor]
    comments: int
    subscriptions: int
    labels: int
    checks: int
    entries: int
    is_moderator: bool

    @property
    def nothing(self) -> bool:
        """True if nothing would be exported or erased."""
        return not (
            self.authors or self.comments or self.subscriptions or self.labels or self.checks
        )


def checked_address(text: str) -> str:
    """Return an e-mail address without blanks around it.

    Raises:
        InvalidFields: it is none.
    """
    found = clean_mailbox(text.strip())
    if not found:
        sentence = staff_sentence("Enter an e-mail address, such as name@example.org.")
        raise InvalidFields({"address": [sentence]})
    return found


def find_person(*, session: Session, site_id: int, address: str) -> PersonFound:
    """Return what would be exported or erased for an address on a site."""
    whole = person.whole_authors(session, site_id, address)
    return PersonFound(
        address=address,
        authors=[FoundAuthor(one, person.count_comments(session, one.id)) for one in whole],
        comments=sum(1 for _one in person.other_comments(session, site_id, address, whole)),
        subscriptions=len(person.subscriptions(session, site_id, address, whole)),
        labels=len(person.labels(session, site_id, address)),
        checks=len(person.external_checks(session, site_id, address)),
        entries=len(person.list_entries(session, site_id, address)),
        is_moderator=person.is_moderator(session, address),
    )


def export_person(
    *, session: Session, runtime: Runtime, site: t.Site, address: str
) -> Iterator[str]:
    """Yield the parts of one JSON object with everything stored under an address on a site."""
    now = runtime.now().isoformat(timespec="seconds")
    head = (
        f'{{"address": {_json(address)}, "site": {_json(site.key)}, '
        f'"exported_at": {_json(now)},\n"authors": ['
    )
    return _export_parts(session, site.id, address, head)


def _export_parts(session: Session, site_id: int, address: str, head: str) -> Iterator[str]:
    yield head
    whole = person.whole_authors(session, site_id, address)
    yield from _joined(_author(session, author) for author in whole)
    yield '],\n"comments": ['
    comments = person.other_comments(session, site_id, address, whole)
    yield from _joined(_json(personal_data.comment(session, row, row.status)) for row in comments)
    yield '],\n"subscriptions": ['
    rows = person.subscriptions(session, site_id, address, whole)
    yield from _joined(_json(_subscription(row)) for row in rows)
    yield '],\n"training_examples": ['
    labels = person.labels(session, site_id, address)
    yield from _joined(_json(_label(row)) for row in labels)
    yield '],\n"checked_texts": ['
    checks = person.external_checks(session, site_id, address)
    yield from _joined(_json(_check(row)) for row in checks)
    yield '],\n"list_entries": ['
    entries = person.list_entries(session, site_id, address)
    yield from _joined(
        _json({"kind": e.kind, "value": e.value, "status": e.status}) for e in entries
    )
    yield "]}\n"


def _author(session: Session, author: t.Author) -> str:
    found: dict[str, Any] = {"author": dict(personal_data.author(author))}
    for name in personal_data.SECTIONS:
        rows = personal_data.section(session, author.id, name)
        found[name] = [
            personal_data.comment(session, row, row.status) if name == "comments" else row
            for row in rows
        ]
    return _json(found)


def _subscription(row: t.Subscription) -> Mapping[str, Any]:
    confirmed = row.confirmed_at.isoformat() if row.confirmed_at else None
    return {
        "page": row.page.url, "email": row.email, "kind": row.kind, "pace": row.pace,
        "lang": row.lang, "asked_at": row.asked_at.isoformat(), "confirmed_at": confirmed,
    }  # fmt: skip


def _label(row: t.Label) -> Mapping[str, Any]:
    return {
        "text": row.text, "author": row.author, "email": row.email, "url": row.url,
        "label": row.label, "created_at": row.created_at.isoformat(),
    }  # fmt: skip


def _check(row: t.ExternalCheck) -> Mapping[str, Any]:
    return {
        "text": row.text, "author": row.author, "email": row.email, "url": row.url,
        "blog": row.blog, "answer": row.answer, "created_at": row.created_at.isoformat(),
    }  # fmt: skip


def _joined(parts: Iterator[str]) -> Iterator[str]:
    comma = "\n"
    for part in parts:
        yield comma + part
        comma = ",\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def erase_person(
    *,
    session: Session,
    runtime: Runtime,
    site: t.Site,
    address: str,
    actor: str,
    removes: bool | None = None,
) -> PersonFound:
    """Erase everything stored under an address on a site, and write an audit entry.

    Entries of blocklists stay, and so does a moderator's account; the owner decides on those. The
    audit entry has a keyed hash of the address, so that a repeated request is recognised.

    Args:
        session: a transaction that writes.
        runtime: the app's state.
        site: the site.
        address: the address.
        actor: who erases.
        removes: whether the texts of comments go too; None is the site's rule.

    Returns:
        What was erased.

    Raises:
        DoesNotExist: nothing is stored under the address.
    """
    found = find_person(session=session, site_id=site.id, address=address)
    if found.nothing:
        raise DoesNotExist(
            staff_sentence("%(site)s stores nothing under this address.", site=site.name)
        )
    name = catalogues.translations(runtime.settings.locale).gettext("Deleted user")
    for one in found.authors:
        erase_author.erase_author(
            session=session, runtime=runtime, author=one.author, name=name, removes=removes
        )
    comment_history.forget_searches(session, site.id, {address})
    wipe = erase_author.wiper(runtime, site, name, removes)
    _erase_other_comments(session, site, address, wipe)
    hashed = runtime.keyed_hash("link address", address.lower())
    person.forget_elsewhere(session, site.id, address, EMAIL_LINK, hashed)
    counts = {
        "authors": len(found.authors),
        "comments": found.comments + sum(one.comments for one in found.authors),
        "subscriptions": found.subscriptions,
    }
    record(session=session, runtime=runtime, site=site, address=address, actor=actor,
           change=ERASED, counts=counts)  # fmt: skip
    return found


def _erase_other_comments(
    session: Session, site: t.Site, address: str, wipe: erase_author.Wipe
) -> None:
    def pages() -> Sequence[int]:
        found = person.other_comments(session, site.id, address, [])
        return sorted({comment.page_id for comment in found})

    locked = locks.lock_found_pages(session, pages)
    for comment in person.other_comments(session, site.id, address, []):
        wipe(session, comment)
    session.flush()
    for page_id in locked:
        threads.bump_revision(session, page_id)


def record(
    *,
    session: Session,
    runtime: Runtime,
    site: t.Site,
    address: str,
    actor: str,
    change: str,
    counts: Mapping[str, int],
) -> None:
    """Write an audit entry, without the address, into the site's change log."""
    about = {"person": runtime.keyed_hash("person", address.lower()), **counts}
    people.add_audit_entry(session, None, site.id, change, about, actor=actor, now=runtime.now())
