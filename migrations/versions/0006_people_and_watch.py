"""Add roles, second factors, team audit, reports, notes, flood protection and spot checks.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = (
    (
        "seats",
        {"moderator_id": ("moderators", "CASCADE"), "site_id": ("sites", "CASCADE", True)},
        {"role": sa.String(16), "created_at": TIME},
    ),
    (
        "people_changes",
        {"moderator_id": ("moderators", "SET NULL", True), "site_id": ("sites", "CASCADE", True)},
        {"change": sa.String(32), "about": JSON, "actor": sa.String(200), "created_at": TIME},
    ),
    (
        "saved_replies",
        {"site_id": ("sites", "CASCADE"), "moderator_id": ("moderators", None)},
        {"name": sa.String(80), "text": sa.Text(), "created_at": TIME},
    ),
    (
        "author_notes",
        {"author_id": ("authors", "CASCADE"), "moderator_id": ("moderators", None)},
        {"text": sa.Text(), "created_at": TIME},
    ),
    (
        "shields",
        {"site_id": ("sites", "CASCADE"), "page_id": ("pages", "CASCADE", True)},
        {
            "comments": sa.Integer(),
            "since": TIME,
            "began_at": TIME,
            "until": TIME,
            "ended_by": sa.String(200),
        },
    ),
    (
        "spot_checks",
        {"site_id": ("sites", "CASCADE")},
        {
            "week": sa.String(8),
            "published": sa.Integer(),
            "filed": sa.Integer(),
            "created_at": TIME,
        },
    ),
)
"""Name, foreign keys (target table, action on delete, nullable), other columns."""

UNIQUE = {"seats": ["moderator_id", "site_id"], "spot_checks": ["site_id", "week"]}

COLUMNS = {
    "authors": {"shadowed": (sa.Boolean(), sa.false())},
    "comments": {"report_count": (sa.Integer(), "0"), "reported": (sa.Boolean(), sa.false())},
    "moderators": {
        "second_salt": (sa.String(64), ""),
        "second_since": (TIME, None),
        "second_last": (sa.Integer(), "0"),
        "recovery": (JSON, "[]"),
        "held_mail": (sa.String(16), "each"),
        "weekly_mail": (sa.Boolean(), sa.true()),
        "digest_at": (TIME, None),
        "weekly_at": (TIME, None),
        "left_at": (TIME, None),
    },
    "pages": {"shield_until": (TIME, None), "pinned_id": (ID, None)},
    "reports": {
        "kind": (sa.String(16), "other"),
        "weight": (sa.Double(), "1"),
        "upheld": (sa.Boolean(), None),
    },
    "sessions": {"seen_at": (TIME, None), "browser": (sa.String(200), "")},
    "sites": {"shield_until": (TIME, None)},
    "tickets": {"about": (JSON, "{}")},
}
"""Table → column → type, and the default of NOT NULL columns."""

INDEXES = (
    ("people_changes", "site_id"),
    ("saved_replies", "site_id", "name"),
    ("seats", "site_id"),
    ("author_notes", "author_id", "id"),
    ("shields", "site_id", "until"),
    ("glances", "seen_at"),
    ("spot_samples", "comment_id"),
    ("comments", "status", "reported", "id"),
    ("decisions", "created_at"),
    ("reports", "author_id"),
    ("reports", "network", "created_at"),
)

EVERYONE = """INSERT INTO comments_seats (moderator_id, site_id, role, created_at)
    SELECT id, NULL, 'owner', created_at FROM comments_moderators"""


def upgrade() -> None:
    for name, pointing, others in TABLES:
        table = f"comments_{name}"
        columns = [sa.Column("id", ID, nullable=False)]
        columns += [sa.Column(c, ID, nullable=len(to) == 3) for c, to in pointing.items()]
        columns += [sa.Column(c, kind, nullable=False) for c, kind in others.items()]
        keys = [_to(to[0], table, c, to[1]) for c, to in pointing.items()]
        if name in UNIQUE:
            called = f"uq_{table}_{'_'.join(UNIQUE[name])}"
            keys.append(sa.UniqueConstraint(*UNIQUE[name], name=called))
        op.create_table(table, *columns, *keys, sa.PrimaryKeyConstraint("id", name=f"pk_{table}"))
    _pairs()
    for name, added in COLUMNS.items():
        for column, (kind, default) in added.items():
            made = sa.Column(column, kind, nullable=default is None, server_default=default)
            op.add_column(f"comments_{name}", made)
    for table, *columns in INDEXES:
        op.create_index(_index(table, columns), f"comments_{table}", columns)
    op.execute(EVERYONE)


def _pairs() -> None:
    """Create the tables that have a pair of columns as their primary key."""
    op.create_table(
        "comments_glances",
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("moderator_id", ID, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        _to("comments", "comments_glances", "comment_id", "CASCADE"),
        _to("moderators", "comments_glances", "moderator_id", "CASCADE"),
        sa.PrimaryKeyConstraint("comment_id", "moderator_id", name="pk_comments_glances"),
    )
    op.create_table(
        "comments_spot_samples",
        sa.Column("check_id", ID, nullable=False),
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("was", sa.String(16), nullable=False),
        sa.Column("found", sa.String(16), nullable=False),
        sa.Column("found_at", TIME, nullable=True),
        _to("spot_checks", "comments_spot_samples", "check_id", "CASCADE"),
        _to("comments", "comments_spot_samples", "comment_id", "CASCADE"),
        sa.PrimaryKeyConstraint("check_id", "comment_id", name="pk_comments_spot_samples"),
    )


def _to(target: str, table: str, column: str, ondelete: str | None) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}"
    return sa.ForeignKeyConstraint(
        [column], [f"comments_{target}.id"], name=name, ondelete=ondelete
    )


def _index(table: str, columns: list[str]) -> str:
    return f"ix_comments_{table}_{'_'.join(columns)}"


def downgrade() -> None:
    for table, *columns in INDEXES:
        op.drop_index(_index(table, columns), f"comments_{table}")
    for table in ("spot_samples", "glances", *(name for name, _, _ in reversed(TABLES))):
        op.drop_table(f"comments_{table}")
    for name, added in COLUMNS.items():
        with op.batch_alter_table(f"comments_{name}") as batch:
            for column in added:
                batch.drop_column(column)
