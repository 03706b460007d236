"""Add threads on Mastodon and Bluesky, and their replies beside the received Webmentions.

Revision ID: 0022
"""

import sqlalchemy as sa
from alembic import op

from comment_service.storage.tables.base import Id

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

Time = sa.DateTime(timezone=True)
THREADS, COPIES = "comments_syndicated_threads", "comments_webmentions"


def upgrade() -> None:
    op.create_table(
        THREADS,
        sa.Column("id", Id, nullable=False),
        sa.Column("site_id", Id, nullable=False),
        sa.Column("page_id", Id, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("service", sa.String(16), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("post_id", sa.String(500), nullable=False),
        sa.Column("published_at", Time, nullable=True),
        sa.Column("etag", sa.String(255), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("removal", sa.String(16), nullable=False),
        sa.Column("created_at", Time, nullable=False),
        sa.Column("read_at", Time, nullable=True),
        sa.Column("due_at", Time, nullable=True),
        sa.Column("wait_until", Time, nullable=True),
        sa.Column("leased_until", Time, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{THREADS}"),
        sa.UniqueConstraint("page_id", "key", name=f"uq_{THREADS}_page_id_key"),
        *(
            sa.ForeignKeyConstraint(
                [f"{one}_id"],
                [f"comments_{one}s.id"],
                ondelete="CASCADE",
                name=f"fk_{THREADS}_{one}_id",
            )
            for one in ("site", "page")
        ),
    )
    for column in ("due_at", "host", "site_id"):
        op.create_index(f"ix_{THREADS}_{column}", THREADS, [column])
    with op.batch_alter_table(COPIES) as table:
        table.add_column(sa.Column("thread_id", Id, nullable=True))
        table.create_foreign_key(
            f"fk_{COPIES}_thread_id", THREADS, ["thread_id"], ["id"], ondelete="CASCADE"
        )
        for name, length in (("remote_id", 500), ("digest", 64)):
            table.add_column(
                sa.Column(name, sa.String(length), nullable=False, server_default=sa.text("''"))
            )
    op.create_index(f"ix_{COPIES}_thread_id", COPIES, ["thread_id"])


def downgrade() -> None:
    op.drop_index(f"ix_{COPIES}_thread_id", COPIES)
    with op.batch_alter_table(COPIES) as table:
        table.drop_constraint(f"fk_{COPIES}_thread_id", type_="foreignkey")
        for name in ("digest", "remote_id", "thread_id"):
            table.drop_column(name)
    op.drop_table(THREADS)
