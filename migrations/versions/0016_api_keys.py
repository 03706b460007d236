"""Add keys of programs, and the texts that they had checked.

Revision ID: 0016
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
SITES = "comments_sites.id"
KEYS = "comments_api_keys.id"


def upgrade() -> None:
    op.create_table(
        "comments_api_keys",
        sa.Column("id", Id, nullable=False),
        sa.Column("site_id", Id, nullable=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("hint", sa.String(8), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trusted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_comments_api_keys"),
        sa.UniqueConstraint("key_hash", name="uq_comments_api_keys_key_hash"),
        sa.ForeignKeyConstraint(
            ["site_id"], [SITES], ondelete="CASCADE", name="fk_comments_api_keys_site_id"
        ),
    )
    op.create_index("ix_comments_api_keys_site_id", "comments_api_keys", ["site_id"])
    op.create_table(
        "comments_external_checks",
        sa.Column("id", Id, nullable=False),
        sa.Column("site_id", Id, nullable=False),
        sa.Column("key_id", Id, nullable=False),
        sa.Column("guid", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("blog", sa.String(500), nullable=False),
        sa.Column("permalink", sa.String(2000), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.String(64), nullable=False),
        sa.Column("network", sa.String(32), nullable=False),
        sa.Column("answer", sa.String(8), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("reasons", Json, nullable=False),
        sa.Column("reported", sa.String(8), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided", sa.String(8), nullable=False),
        sa.Column("decided_by", sa.String(200), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("report_label_id", Id, nullable=True),
        sa.Column("decision_label_id", Id, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_comments_external_checks"),
        *(
            sa.ForeignKeyConstraint(
                [column],
                ["comments_labels.id"],
                ondelete="SET NULL",
                name=f"fk_comments_external_checks_{column}",
            )
            for column in ("report_label_id", "decision_label_id")
        ),
        sa.UniqueConstraint("guid", name="uq_comments_external_checks_guid"),
        sa.ForeignKeyConstraint(
            ["site_id"], [SITES], ondelete="CASCADE", name="fk_comments_external_checks_site_id"
        ),
        sa.ForeignKeyConstraint(
            ["key_id"], [KEYS], ondelete="CASCADE", name="fk_comments_external_checks_key_id"
        ),
    )
    for columns in (
        ["site_id", "id"],
        ["site_id", "text_hash", "id"],
        ["key_id", "id"],
        ["created_at"],
        ["report_label_id"],
        ["decision_label_id"],
    ):
        name = f"ix_comments_external_checks_{'_'.join(columns)}"
        op.create_index(name, "comments_external_checks", columns)
    op.create_table(
        "comments_check_counts",
        sa.Column("key_id", Id, nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("blog", sa.String(500), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("calls", "spam", "ham", "missed_spam", "false_positives")
        ),
        sa.PrimaryKeyConstraint("key_id", "month", "blog", name="pk_comments_check_counts"),
        sa.ForeignKeyConstraint(
            ["key_id"], [KEYS], ondelete="CASCADE", name="fk_comments_check_counts_key_id"
        ),
    )


def downgrade() -> None:
    for table in ("check_counts", "external_checks", "api_keys"):
        op.drop_table(f"comments_{table}")
