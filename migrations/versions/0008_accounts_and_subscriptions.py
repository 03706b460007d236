"""Add accounts (identities by issuer, sign-ins, passkeys, pictures), reactions, subscriptions.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = (
    (
        "sign_ins",
        {"site_id": "sites", "identity_id": "identities"},
        {"challenge": sa.String(64), "created_at": TIME, "expires_at": TIME},
        {"confirmed_at": TIME, "claimed_at": TIME},
    ),
    (
        "provider_apps",
        {},
        {
            "provider": sa.String(64),
            "host": sa.String(255),
            "client_id": sa.String(500),
            "client_secret": sa.String(500),
            "redirect_url": sa.String(500),
            "created_at": TIME,
        },
        {},
    ),
    (
        "author_changes",
        {"site_id": "sites"},
        {
            "author_id": ID,
            "change": sa.String(32),
            "about": JSON,
            "actor": sa.String(200),
            "created_at": TIME,
        },
        {},
    ),
    (
        "reactions",
        {"comment_id": "comments", "author_id": "authors"},
        {"emoji": sa.String(16), "created_at": TIME},
        {"guest_network": sa.String(32)},
    ),
    (
        "subscriptions",
        {"site_id": "sites", "page_id": "pages"},
        {
            "email": sa.String(320),
            "address": sa.String(320),
            "kind": sa.String(16),
            "pace": sa.String(16),
            "lang": sa.String(32),
            "network": sa.String(32),
            "asks": sa.Integer(),
            "asked_at": TIME,
        },
        {
            "author_id": ID,
            "confirmed_at": TIME,
            "muted_at": TIME,
            "ended_at": TIME,
            "sent_at": TIME,
            "told_id": ID,
        },
    ),
)
"""Name, foreign keys, NOT NULL columns, nullable columns."""

ONE_EACH = (
    ("passkeys", "identity_id", "identities"),
    ("pictures", "author_id", "authors"),
)
"""Tables with a one-to-one relation to another: name, key column, other table."""
HELD_THERE = {
    "passkeys": {
        "credential_id": sa.LargeBinary(),
        "public_key": sa.LargeBinary(),
        "sign_count": ID,
        "transports": JSON,
    },
    "pictures": {"media_type": sa.String(64), "body": sa.LargeBinary(), "fetched_at": TIME},
}

UNIQUE = {
    "provider_apps": (["provider", "host"],),
    "reactions": (["comment_id", "author_id", "emoji"], ["comment_id", "guest_network", "emoji"]),
    "subscriptions": (["page_id", "address", "kind"],),
}

COLUMNS = {
    "authors": {
        "proven_email": (sa.String(320), ""),
        "picture": (sa.String(32), ""),
        "erased_at": (TIME, None),
    },
    "comments": {"provider": (sa.String(64), "")},
    "identities": {
        "issuer": (sa.String(255), ""),
        "name": (sa.String(200), ""),
        "email": (sa.String(320), ""),
        "picture_url": (sa.String(2000), ""),
        "used_at": (TIME, None),
    },
    "sessions": {
        "identity_id": (ID, None),
        "family": (sa.String(64), ""),
        "replaces_id": (ID, None),
        "replaced_at": (TIME, None),
    },
}
"""Table → column → type, and the default of NOT NULL columns."""

INDEXES = (
    ("sign_ins", "challenge"),
    ("sign_ins", "expires_at"),
    ("author_changes", "author_id", "id"),
    ("author_changes", "site_id"),
    ("authors", "site_id", "proven_email"),
    ("reactions", "author_id"),
    ("sessions", "family"),
    ("sessions", "identity_id"),
    ("subscriptions", "address", "asked_at"),
    ("subscriptions", "author_id"),
    ("subscriptions", "network", "asked_at"),
    ("subscriptions", "pace", "ended_at"),
    ("subscriptions", "site_id"),
)


def upgrade() -> None:
    for name, added in COLUMNS.items():
        for column, (kind, default) in added.items():
            made = sa.Column(column, kind, nullable=default is None, server_default=default)
            op.add_column(f"comments_{name}", made)
    op.execute("UPDATE comments_identities SET issuer = provider")
    _change("issuer", "provider")
    with op.batch_alter_table("comments_sessions") as batch:
        name, target = "fk_comments_sessions_identity_id", "comments_identities"
        batch.create_foreign_key(name, target, ["identity_id"], ["id"], ondelete="CASCADE")
    with op.batch_alter_table("comments_revisions") as batch:
        batch.alter_column("moderator_id", existing_type=ID, nullable=True)
    for name, pointing, needed, others in TABLES:
        _create(name, pointing, needed, others)
    for name, key, target in ONE_EACH:
        table = f"comments_{name}"
        columns = [sa.Column(c, kind, nullable=False) for c, kind in HELD_THERE[name].items()]
        op.create_table(
            table,
            sa.Column(key, ID, nullable=False, autoincrement=False),
            *columns,
            _to(target, table, key),
            sa.PrimaryKeyConstraint(key, name=f"pk_{table}"),
        )
    for table, *columns in INDEXES:
        op.create_index(_index(table, columns), f"comments_{table}", columns)


def _change(new: str, old: str) -> None:
    """Make identities unique by (site, ``new``, subject) instead of (site, ``old``, subject)."""
    with op.batch_alter_table("comments_identities") as batch:
        batch.drop_constraint(f"uq_comments_identities_site_id_{old}_subject", type_="unique")
        batch.create_unique_constraint(
            f"uq_comments_identities_site_id_{new}_subject", ["site_id", new, "subject"]
        )


def _create(name: str, pointing: dict, needed: dict, others: dict) -> None:
    table = f"comments_{name}"
    columns = [sa.Column("id", ID, nullable=False)]
    columns += [sa.Column(c, ID, nullable=False) for c in pointing]
    columns += [sa.Column(c, kind, nullable=False) for c, kind in needed.items()]
    columns += [sa.Column(c, kind, nullable=True) for c, kind in others.items()]
    keys = [_to(to, table, c) for c, to in pointing.items()]
    if name == "subscriptions":
        keys.append(_to("authors", table, "author_id"))
    for unique in UNIQUE.get(name, ()):
        called = f"uq_{table}_{'_'.join(unique)}"
        keys.append(sa.UniqueConstraint(*unique, name=called))
    op.create_table(table, *columns, *keys, sa.PrimaryKeyConstraint("id", name=f"pk_{table}"))


def _to(target: str, table: str, column: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}"
    return sa.ForeignKeyConstraint(
        [column], [f"comments_{target}.id"], name=name, ondelete="CASCADE"
    )


def _index(table: str, columns: list[str]) -> str:
    return f"ix_comments_{table}_{'_'.join(columns)}"


def downgrade() -> None:
    for table, *columns in INDEXES:
        op.drop_index(_index(table, columns), f"comments_{table}")
    for name in (*(name for name, _, _ in ONE_EACH), *(name for name, *_ in reversed(TABLES))):
        op.drop_table(f"comments_{name}")
    op.execute("DELETE FROM comments_revisions WHERE moderator_id IS NULL")
    with op.batch_alter_table("comments_revisions") as batch:
        batch.alter_column("moderator_id", existing_type=ID, nullable=False)
    with op.batch_alter_table("comments_sessions") as batch:
        batch.drop_constraint("fk_comments_sessions_identity_id", type_="foreignkey")
    _change("provider", "issuer")
    for name, added in COLUMNS.items():
        with op.batch_alter_table(f"comments_{name}") as batch:
            for column in added:
                batch.drop_column(column)
