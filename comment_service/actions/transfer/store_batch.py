"""Store a batch of imported comments in one transaction: no screening, no mail, no signal."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from comment_service.actions.readers.picture import request_imported_pictures
from comment_service.actions.transfer.prepare import Prepared
from comment_service.identity import GUEST
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.comments import threads
from comment_service.storage.comments.ranking import best
from comment_service.storage.db import locks
from comment_service.storage.filter import labels
from comment_service.storage.moderation.review_value import review_value
from comment_service.storage.transfer import imports
from comment_service.storage.transfer.imports import Place
from comment_service.transfer.spool import SpooledComment

BATCH_SIZE = 500
"""Comments added in one transaction."""
_LONGEST_URL = 2000


@dataclass
class BatchCounts:
    """What became of a batch: left out by reason, notes by reason."""

    left_out: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)


def issuer_of(source: str) -> str:
    """Return the issuer of the identities of a source's authors; nobody can sign in with it."""
    return f"import:{source}"


@dataclass(frozen=True)
class Earlier:
    """An imported comment: its id (None if it was deleted here), and if it is the same comment.

    ``changed`` is True for another text or name with the same date: somebody edited it there.
    """

    comment_id: int | None
    same: bool = True
    changed: bool = False


def digest_of(runtime: Runtime, comment: SpooledComment) -> str:
    """Return the stored digest; without the key it tells nothing about an erased comment."""
    return runtime.keyed_hash("imported digest", comment.digest)


def look_up(
    session: Session, runtime: Runtime, row: t.Import, batch: Sequence[SpooledComment]
) -> Mapping[str, Earlier]:
    """Return what is known of the comments of a batch and of those that they answer."""
    digests = {one.record.source_id: digest_of(runtime, one) for one in batch}
    dates = {one.record.source_id: one.record.created for one in batch}
    wanted = (digests.keys() | {one.parent for one in batch}) - {""}
    return {
        key: Earlier(
            found.comment_id,
            same=digests.get(key, found.digest) == found.digest,
            changed=found.created is not None and dates.get(key) == found.created,
        )
        for key, found in imports.known(session, row.site_id, row.source, wanted).items()
    }


def left_out(
    comment: SpooledComment, known: Mapping[str, Earlier], pages: Mapping[str, int]
) -> str:
    """Return the reason why a comment is not added, "" if it is."""
    found = known.get(comment.record.source_id)
    if found is not None:
        if not found.same:
            return "changed_there" if found.changed else "other_comment"
        return "here_already" if found.comment_id is not None else "deleted_here"
    return "" if comment.record.page in pages else "no_page"


def store_batch(
    *,
    session: Session,
    runtime: Runtime,
    row: t.Import,
    pages: Mapping[str, int],
    batch: Sequence[Prepared],
    above: int = 0,
) -> BatchCounts:
    """Add the comments that are not here yet, with their authors, labels and old addresses.

    ``batch`` is in the order of the import: parents come before their replies. ``pages`` maps the
    keys of the file to pages. The new ids are higher than ``above``.
    """
    counts = BatchCounts()
    spooled = [one.spooled for one in batch]
    known = look_up(session, runtime, row, spooled)
    new = []
    for one in batch:
        reason = left_out(one.spooled, known, pages)
        if reason:
            counts.left_out[reason] += 1
        else:
            new.append(one)
    if not new:
        return counts
    locks.lock_pages(session, sorted({pages[one.record.page] for one in new}))
    numbers = imports.reserve_ids(session, len(new), above=above)
    ids = dict(zip((one.record.source_id for one in new), numbers, strict=True))
    places = _places(session, new, _Surroundings(ids, known, pages), counts)
    authors = _authors(session, runtime, row, new)
    hashes = {one.text_hash for one in new if one.likeness}
    campaigns = dict(imports.campaigns_of(session, row.site_id, hashes))
    rows = []
    for one in new:
        number = ids[one.record.source_id]
        campaign = campaigns.setdefault(one.text_hash, number) if one.likeness else number
        values = {"id": number, "author_id": authors[one.author_key], "campaign_id": campaign}
        rows.append({**values, **_comment(row.site_id, one, places[number])})
    imports.add_rows(session, t.Comment, rows)
    _add_belongings(session, runtime, row, new, ids)
    _show_parents(session, list(ids.values()))
    for page_id in sorted({place.page_id for place in places.values()}):
        threads.bump_revision(session, page_id)
    for one in new:
        counts.notes.update(one.notes)
    return counts


@dataclass(frozen=True)
class _Surroundings:
    """What a batch refers to: new ids by source id, what is known, the pages of the file."""

    ids: Mapping[str, int]
    known: Mapping[str, Earlier]
    pages: Mapping[str, int]

    def id_of(self, source_id: str) -> int | None:
        """Return the id of a comment, None if it is neither new nor here."""
        found = self.known.get(source_id)
        return self.ids.get(source_id) or (found.comment_id if found else None)


def _places(
    session: Session, new: Sequence[Prepared], around: _Surroundings, counts: BatchCounts
) -> Mapping[int, Place]:
    """Return comment id → its place; a reply whose parent is gone comes to the top."""
    earlier = {found.comment_id for found in around.known.values()} - {None}
    stored = imports.place(session, earlier)
    found: dict[int, Place] = {}
    for one in new:
        number, page_id = around.ids[one.record.source_id], around.pages[one.record.page]
        found[number] = Place(page_id, number)
        if not one.spooled.parent:
            continue
        parent_id = around.id_of(one.spooled.parent)
        if parent_id is None:
            counts.notes["parent_missing"] += 1
            continue
        above = found.get(parent_id) or stored[parent_id]
        if above.page_id != page_id:
            counts.notes["parent_elsewhere"] += 1
            continue
        found[number] = Place(page_id, above.root_id, above.depth + 1, parent_id)
    return found


def _authors(
    session: Session, runtime: Runtime, row: t.Import, new: Sequence[Prepared]
) -> Mapping[str, int]:
    """Return author key → author id; adds the authors who are new."""
    issuer = issuer_of(row.source)
    wanted = {one.author_key for one in new}
    found = dict(imports.authors_of(session, row.site_id, issuer, wanted))
    made: dict[str, t.Author] = {}
    for one in new:
        if one.author_key in found:
            continue
        author = made.get(one.author_key)
        if author is None:
            author = t.Author(site_id=row.site_id, created_at=one.created, email=one.email)
            made[one.author_key] = author
            session.add(author)
            identity = t.Identity(
                site_id=row.site_id, provider=GUEST, issuer=issuer, subject=one.author_key
            )
            identity.author, identity.created_at = author, runtime.now()
            session.add(identity)
        if one.status == t.PUBLISHED:
            author.name, author.url = one.name, one.url
    session.flush()
    if row.options.get("pictures"):
        _request_pictures(session, runtime, row, new)
    return {**found, **{key: author.id for key, author in made.items()}}


def _request_pictures(
    session: Session, runtime: Runtime, row: t.Import, new: Sequence[Prepared]
) -> None:
    """Have the pictures fetched that the file names for authors who have none yet."""
    urls = {
        one.author_key: one.record.avatar
        for one in new
        if one.status == t.PUBLISHED and _is_picture_url(one.record.avatar)
    }
    found = imports.identities_of(session, row.site_id, issuer_of(row.source), urls.keys())
    wanted = [(one, urls[one.subject]) for one in found if not one.picture_url]
    request_imported_pictures(session=session, runtime=runtime, urls=wanted)


def _is_picture_url(url: str) -> bool:
    return url.startswith(("https://", "http://")) and len(url) <= _LONGEST_URL


def _comment(site_id: int, one: Prepared, place: Place) -> Mapping[str, object]:
    likes = one.record.likes if one.status == t.PUBLISHED else 0
    return {
        "site_id": site_id,
        "page_id": place.page_id,
        "parent_id": place.parent_id,
        "root_id": place.root_id,
        "depth": place.depth,
        "status": one.status,
        "shown": one.status == t.PUBLISHED,
        "name": one.name,
        "email": one.email,
        "url": one.url,
        "text": one.text,
        "html": one.html,
        "text_hash": one.text_hash,
        "likeness": one.likeness,
        "idempotency_key": one.key,
        "like_count": likes,
        "best": best(likes, 0),
        "look": review_value(None, seen=0, depth=place.depth, copies=0),
        "identity": GUEST,
        "fragment": one.fragment,
        "created_at": one.created,
        "edited_at": one.edited,
    }


def _add_belongings(
    session: Session,
    runtime: Runtime,
    row: t.Import,
    new: Sequence[Prepared],
    ids: Mapping[str, int],
) -> None:
    """Add links, labels and the notes of where the comments came from."""
    domains, learned, sources = [], [], []
    actor = f"{row.format} import {row.id}"
    for one in new:
        number, record = ids[one.record.source_id], one.record
        domains += [
            {"comment_id": number, "site_id": row.site_id, "domain": domain}
            for domain in sorted(one.domains)
        ]
        if one.label is not None:
            learned.append(
                {
                    "site_id": row.site_id,
                    "comment_id": number,
                    "label": one.label[0],
                    "text": one.text,
                    "author": one.name,
                    "email": one.email,
                    "url": one.url,
                    "source": labels.IMPORT,
                    "actor": actor,
                    "weight": one.label[1],
                    "created_at": one.created,
                }
            )
        sources.append(
            {
                "import_id": row.id,
                "site_id": row.site_id,
                "source": row.source,
                "source_id": record.source_id,
                "comment_id": number,
                "digest": digest_of(runtime, one.spooled),
                "likes": record.likes,
            }
        )
    imports.add_rows(session, t.LinkedDomain, domains)
    imports.add_rows(session, t.Label, learned)
    imports.add_rows(session, t.ImportedComment, sources)


def _show_parents(session: Session, ids: Sequence[int]) -> None:
    """Give the comments above a public reply a public place."""
    while parents := imports.hidden_parents(session, ids):
        for parent in parents:
            parent.shown = True
        session.flush()
        ids = [parent.id for parent in parents]
