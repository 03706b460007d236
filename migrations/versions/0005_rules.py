"""Add rules of sites and pages.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INDEX = "ix_comments_rule_changes_site_id_id"


def upgrade() -> None:
    for table in ("comments_sites", "comments_pages"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("rules", JSON, nullable=False, server_default="{}"))
    op.create_table(
        "comments_rule_changes",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("page_url", sa.String(length=2000), nullable=False),
        sa.Column("before", JSON, nullable=False),
        sa.Column("after", JSON, nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["comments_sites.id"],
            name=op.f("fk_comments_rule_changes_site_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_rule_changes")),
    )
    op.create_index(op.f(INDEX), "comments_rule_changes", ["site_id", "id"])


def downgrade() -> None:
    op.drop_index(op.f(INDEX), "comments_rule_changes")
    op.drop_table("comments_rule_changes")
    for table in ("comments_pages", "comments_sites"):
        with op.batch_alter_table(table) as batch:
            batch.drop_column("rules")
