"""Add retractions of labels.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INDEX = "ix_comments_forgettings_site_id_source_actor_id"


def upgrade() -> None:
    op.create_table(
        "comments_forgettings",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("newest_label", ID, nullable=False),
        sa.Column("labels", sa.Integer(), nullable=False),
        sa.Column("forgotten_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_by", sa.String(length=200), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["comments_sites.id"],
            name=op.f("fk_comments_forgettings_site_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments_forgettings")),
    )
    op.create_index(op.f(INDEX), "comments_forgettings", ["site_id", "source", "actor", "id"])


def downgrade() -> None:
    op.drop_index(op.f(INDEX), "comments_forgettings")
    op.drop_table("comments_forgettings")
