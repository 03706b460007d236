"""Add Webmentions, received and sent, and where a comment from another site was written.

Revision ID: 0020
"""

import sqlalchemy as sa
from alembic import op

from comment_service.storage.tables.base import Id

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

Time = sa.DateTime(timezone=True)
RECEIVED = "comments_webmentions"
PAGES, SENT = "comments_webmention_pages", "comments_sent_webmentions"


def upgrade() -> None:
    op.add_column(
        "comments_comments",
        sa.Column("source_url", sa.String(2000), nullable=False, server_default=sa.text("''")),
    )
    op.add_column("comments_comments", sa.Column("written_at", Time, nullable=True))
    _received()
    _sent()


def _foreign_key(table: str, column: str, target: str, ondelete: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}"
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], ondelete=ondelete, name=name)


def _received() -> None:
    op.create_table(
        RECEIVED,
        sa.Column("id", Id, nullable=False),
        sa.Column("site_id", Id, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("target_key", sa.String(64), nullable=False),
        sa.Column("source", sa.String(2000), nullable=False),
        sa.Column("target", sa.String(2000), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("comment_id", Id, nullable=True),
        sa.Column("author_id", Id, nullable=True),
        sa.Column("network", sa.String(32), nullable=False),
        sa.Column("created_at", Time, nullable=False),
        sa.Column("checked_at", Time, nullable=True),
        sa.Column("due_at", Time, nullable=True),
        sa.Column("leased_until", Time, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{RECEIVED}"),
        sa.UniqueConstraint("site_id", "key", name=f"uq_{RECEIVED}_site_id_key"),
        _foreign_key(RECEIVED, "site_id", "comments_sites", "CASCADE"),
        _foreign_key(RECEIVED, "comment_id", "comments_comments", "SET NULL"),
        _foreign_key(RECEIVED, "author_id", "comments_authors", "SET NULL"),
    )
    for columns in (
        ["site_id", "target_key", "host"],
        ["due_at"],
        ["state", "checked_at"],
        ["comment_id"],
        ["author_id"],
    ):
        op.create_index(f"ix_{RECEIVED}_{'_'.join(columns)}", RECEIVED, columns)


def _sent() -> None:
    op.create_table(
        PAGES,
        sa.Column("id", Id, nullable=False),
        sa.Column("site_id", Id, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created_at", Time, nullable=False),
        sa.Column("fetched_at", Time, nullable=True),
        sa.Column("due_at", Time, nullable=True),
        sa.Column("leased_until", Time, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{PAGES}"),
        sa.UniqueConstraint("site_id", "key", name=f"uq_{PAGES}_site_id_key"),
        _foreign_key(PAGES, "site_id", "comments_sites", "CASCADE"),
    )
    op.create_index(f"ix_{PAGES}_due_at", PAGES, ["due_at"])
    op.create_table(
        SENT,
        sa.Column("id", Id, nullable=False),
        sa.Column("page_id", Id, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("target", sa.String(2000), nullable=False),
        sa.Column("endpoint", sa.String(2000), nullable=False),
        sa.Column("linked", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("sent_at", Time, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{SENT}"),
        sa.UniqueConstraint("page_id", "key", name=f"uq_{SENT}_page_id_key"),
        _foreign_key(SENT, "page_id", PAGES, "CASCADE"),
    )


def downgrade() -> None:
    op.drop_table(SENT)
    op.drop_table(PAGES)
    op.drop_table(RECEIVED)
    op.drop_column("comments_comments", "written_at")
    op.drop_column("comments_comments", "source_url")
