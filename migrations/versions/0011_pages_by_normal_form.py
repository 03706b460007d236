"""Compute page keys from the normal form of addresses, merge pages that now have one key, mark
titles that moderators set, and index the identities that moderate.

Revision ID: 0011
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode, urlsplit

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from comment_service.text.addresses import page_key

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ACTOR = "migration 0011"
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)
DAMAGED = re.compile(r"\?(%2F[^&=#]*)=(?=&|$)")
"""A path in the query (``index.php?/blog/post``) as earlier versions encoded it."""


def _table(name: str, *names: str, **typed: sa.types.TypeEngine) -> sa.TableClause:
    plain = [sa.column(one) for one in names]
    return sa.table(f"comments_{name}", *plain, *(sa.column(n, t) for n, t in typed.items()))


PAGES = _table(
    "pages", "id", "site_id", "url", "key", "title", "revision", "comment_count", "like_count",
    title_by_moderator=sa.Boolean(), created_at=TIME, shield_until=TIME,
)  # fmt: skip
ALIASES = _table("page_aliases", "id", "site_id", "page_id", "url", "key", created_at=TIME)
COMMENTS = _table("comments", "id", "page_id", "status")
LIKES = _table("page_likes", "id", "page_id", "author_id", "guest_network")
SHIELDS = _table("shields", "page_id")
SUBSCRIPTIONS = _table(
    "subscriptions", "id", "page_id", "address", "kind",
    asked_at=TIME, confirmed_at=TIME, muted_at=TIME, ended_at=TIME,
)  # fmt: skip
CHANGES = _table(
    "rule_changes", "site_id", "page_url", "actor", before=JSON, after=JSON, created_at=TIME
)


def upgrade() -> None:
    made = sa.Column("title_by_moderator", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("comments_pages", made)
    index = "ix_comments_identities_site_id_moderator"
    op.create_index(index, "comments_identities", ["site_id", "moderator"])
    _mark_titles()
    found = op.get_bind().execute(sa.select(PAGES).order_by(PAGES.c.id)).all()
    keys = {page.id: _key(page) for page in found}
    _set_keys(PAGES, found, keys)
    _set_alias_keys()
    groups = defaultdict(list)
    for page in found:
        groups[page.site_id, keys[page.id]].append(page)
    for group in groups.values():
        target = max(group, key=lambda page: (page.comment_count, -page.id))
        for page in group:
            if page.key != target.key:  # pages with one old key are twins that people keep apart
                _merge(page.id, target.id)
    for page in op.get_bind().execute(sa.select(PAGES).order_by(PAGES.c.id)).all():
        _repair(page)


def downgrade() -> None:
    op.drop_index("ix_comments_identities_site_id_moderator", "comments_identities")
    found = op.get_bind().execute(sa.select(PAGES)).all()
    _set_keys(PAGES, found, {page.id: _old_key(page.url) for page in found})
    named = op.get_bind().execute(sa.select(ALIASES)).all()
    _set_keys(ALIASES, named, {alias.id: _old_key(alias.url) for alias in named})
    with op.batch_alter_table("comments_pages") as batch:
        batch.drop_column("title_by_moderator")


def _key(row: sa.Row) -> str:
    """Return the key that this version of the service looks up; an unreadable URL keeps its key."""
    try:
        return page_key(row.url)
    except ValueError:
        return row.key


def _old_key(url: str) -> str:
    parts = urlsplit(url)
    path = re.sub(r"/(index\.(html?|php))?$", "", parts.path)
    query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    return f"{parts.netloc.removeprefix('www.')}{path}" + (f"?{query}" if query else "")


def _set_keys(table: sa.TableClause, rows: Sequence[sa.Row], keys: dict[int, str]) -> None:
    changed = [{"row": r.id, "new": keys[r.id]} for r in rows if keys[r.id] != r.key]
    if changed:
        new = sa.update(table).where(table.c.id == sa.bindparam("row"))
        op.get_bind().execute(new.values(key=sa.bindparam("new")), changed)


def _set_alias_keys() -> None:
    named = op.get_bind().execute(sa.select(ALIASES)).all()
    _set_keys(ALIASES, named, {alias.id: _key(alias) for alias in named})


def _mark_titles() -> None:
    """Mark the pages whose title is the one that a moderator set last, by the audit log."""
    connection = op.get_bind()
    named = connection.execute(sa.select(ALIASES.c.site_id, ALIASES.c.url, ALIASES.c.page_id))
    by_alias = {(alias.site_id, alias.url): alias.page_id for alias in named}
    found = connection.execute(sa.select(PAGES.c.id, PAGES.c.site_id, PAGES.c.url, PAGES.c.title))
    pages = {page.id: page for page in found}
    by_url = {(page.site_id, page.url): page.id for page in pages.values()}
    marked = set()
    for change in connection.execute(sa.select(CHANGES).where(CHANGES.c.page_url != "")):
        at = change.site_id, change.page_url
        page = pages.get(by_url.get(at, by_alias.get(at)))
        if page is not None and (change.after or {}).get("title") == page.title:
            marked.add(page.id)
    for page_id in marked:
        mark = sa.update(PAGES).where(PAGES.c.id == page_id)
        connection.execute(mark.values(title_by_moderator=True))


def _merge(gone_id: int, page_id: int) -> None:
    """Move everything of a page to another one, as a moderator's merge does, and delete it."""
    connection = op.get_bind()
    gone, page = (
        connection.execute(sa.select(PAGES).where(PAGES.c.id == one)).one()
        for one in (gone_id, page_id)
    )
    moved = _move(COMMENTS, gone_id, page_id)
    _merge_likes(gone_id, page_id)
    _merge_subscriptions(gone_id, page_id)
    _move(ALIASES, gone_id, page_id)
    _move(SHIELDS, gone_id, page_id)
    connection.execute(sa.delete(PAGES).where(PAGES.c.id == gone_id))
    _add_alias(page, gone.url)
    _log(page, {}, {"merged": gone.url, "comments": moved})
    named = gone.title_by_moderator and not page.title_by_moderator
    titled = gone if named or not page.title else page
    holds = [until for until in (page.shield_until, gone.shield_until) if until is not None]
    comments = (COMMENTS.c.page_id == page_id, COMMENTS.c.status == "published")
    count = sa.select(sa.func.count()).select_from
    connection.execute(
        sa.update(PAGES)
        .where(PAGES.c.id == page_id)
        .values(
            title=titled.title,
            title_by_moderator=titled.title_by_moderator,
            created_at=min(page.created_at, gone.created_at),
            revision=max(page.revision, gone.revision) + 1,
            shield_until=max(holds, default=None),
            comment_count=count(COMMENTS).where(*comments).scalar_subquery(),
            like_count=count(LIKES).where(LIKES.c.page_id == page_id).scalar_subquery(),
        )
    )


def _move(table: sa.TableClause, gone_id: int, page_id: int) -> int:
    moved = sa.update(table).where(table.c.page_id == gone_id).values(page_id=page_id)
    return op.get_bind().execute(moved).rowcount


def _merge_likes(gone_id: int, page_id: int) -> None:
    """Move likes; an author, or a guest's network, that likes both pages keeps one like."""
    kept = LIKES.alias()
    same = sa.or_(
        kept.c.author_id == LIKES.c.author_id, kept.c.guest_network == LIKES.c.guest_network
    )
    twice = sa.exists().where(kept.c.page_id == page_id, same)
    op.get_bind().execute(sa.delete(LIKES).where(LIKES.c.page_id == gone_id, twice))
    _move(LIKES, gone_id, page_id)


def _merge_subscriptions(gone_id: int, page_id: int) -> None:
    """Move subscriptions; of two by one address, a confirmed one stays, else the newer one."""
    kept, other = SUBSCRIPTIONS.c, SUBSCRIPTIONS.alias()
    both = (kept.address == other.c.address, kept.kind == other.c.kind)
    pairs = sa.select(kept.id, other.c.id).where(
        kept.page_id == gone_id, other.c.page_id == page_id, *both
    )
    for ids in op.get_bind().execute(pairs).all():
        query = sa.select(SUBSCRIPTIONS).where(kept.id.in_(tuple(ids)))
        first, second = sorted(op.get_bind().execute(query).all(), key=lambda row: row.id != ids[0])
        ends = first if _weight(second) >= _weight(first) else second
        op.get_bind().execute(sa.delete(SUBSCRIPTIONS).where(kept.id == ends.id))
    _move(SUBSCRIPTIONS, gone_id, page_id)


def _weight(row: sa.Row) -> tuple[bool, datetime]:
    moments = (row.asked_at, row.confirmed_at, row.muted_at, row.ended_at)
    return row.confirmed_at is not None, max(one for one in moments if one is not None)


def _add_alias(page: sa.Row, url: str) -> None:
    """Keep an address that is no page's any more as an alias."""
    connection = op.get_bind()
    same = (ALIASES.c.site_id == page.site_id, ALIASES.c.url == url)
    connection.execute(sa.delete(ALIASES).where(*same))
    connection.execute(
        sa.insert(ALIASES).values(
            site_id=page.site_id,
            page_id=page.id,
            url=url,
            key=page_key(url),
            created_at=datetime.now(UTC),
        )
    )


def _repair(page: sa.Row) -> None:
    """Undo the encoding of a path in the query, so that links lead to the page again."""
    url = DAMAGED.sub(lambda match: "?" + match[1].replace("%2F", "/"), page.url)
    taken = sa.select(PAGES.c.id).where(PAGES.c.site_id == page.site_id, PAGES.c.url == url)
    if url == page.url or op.get_bind().execute(taken).first() is not None:
        return
    renamed = sa.update(PAGES).where(PAGES.c.id == page.id)
    same = (ALIASES.c.site_id == page.site_id, ALIASES.c.url == url)
    op.get_bind().execute(sa.delete(ALIASES).where(*same))
    op.get_bind().execute(renamed.values(url=url, revision=PAGES.c.revision + 1))
    _add_alias(page, page.url)
    _log(page, {"address": page.url}, {"address": url}, url)


def _log(page: sa.Row, before: dict[str, str], after: dict[str, object], url: str = "") -> None:
    row = {"site_id": page.site_id, "page_url": url or page.url, "actor": ACTOR}
    added = sa.insert(CHANGES).values(
        **row, before=before, after=after, created_at=datetime.now(UTC)
    )
    op.get_bind().execute(added)
