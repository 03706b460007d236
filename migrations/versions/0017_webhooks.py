"""Add outgoing webhooks and their deliveries.

Revision ID: 0017
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
Time = sa.DateTime(timezone=True)
HOOKS, DELIVERIES = "comments_webhooks", "comments_webhook_deliveries"


def upgrade() -> None:
    op.create_table(
        HOOKS,
        sa.Column("id", Id, nullable=False),
        sa.Column("site_id", Id, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("events", Json, nullable=False),
        sa.Column("authorization", sa.String(2000), nullable=False),
        sa.Column("salt", sa.String(64), nullable=False),
        sa.Column("old_salt", sa.String(64), nullable=False),
        sa.Column("old_until", Time, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", Time, nullable=True),
        sa.Column("waits_until", Time, nullable=True),
        sa.Column("disabled_at", Time, nullable=True),
        sa.Column("disabled_why", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("created_at", Time, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_comments_webhooks"),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["comments_sites.id"],
            ondelete="CASCADE",
            name="fk_comments_webhooks_site_id",
        ),
    )
    op.create_index("ix_comments_webhooks_site_id_disabled_at", HOOKS, ["site_id", "disabled_at"])
    op.create_table(
        DELIVERIES,
        sa.Column("id", Id, nullable=False),
        sa.Column("webhook_id", Id, nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("comment_id", Id, nullable=True),
        sa.Column("created_at", Time, nullable=False),
        sa.Column("due_at", Time, nullable=False),
        sa.Column("leased_until", Time, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_at", Time, nullable=True),
        sa.Column("dead_at", Time, nullable=True),
        sa.Column("sent_at", Time, nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("response", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_comments_webhook_deliveries"),
        sa.UniqueConstraint(
            "webhook_id", "event_id", name="uq_comments_webhook_deliveries_webhook_id_event_id"
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            [f"{HOOKS}.id"],
            ondelete="CASCADE",
            name="fk_comments_webhook_deliveries_webhook_id",
        ),
    )
    for columns in (
        ["webhook_id", "done_at", "dead_at", "id"],
        ["webhook_id", "id"],
        ["comment_id"],
        ["created_at"],
    ):
        op.create_index(f"ix_{DELIVERIES}_{'_'.join(columns)}", DELIVERIES, columns)

    op.create_index(
        f"ix_{DELIVERIES}_order",
        DELIVERIES,
        ["webhook_id", "comment_id", "done_at", "dead_at", "id"],
    )


def downgrade() -> None:
    op.drop_table(DELIVERIES)
    op.drop_table(HOOKS)
