"""Add the origins whose pages asked for comments, and when the first steps were put away.

Revision ID: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "comments_embed_origins"
SITES, COLUMN = "comments_sites", "steps_dismissed_at"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("site_id", Id, nullable=False),
        sa.Column("origin", sa.String(300), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("ignored", sa.Boolean(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "origin", name=f"pk_{TABLE}"),
        sa.ForeignKeyConstraint(
            ["site_id"], [f"{SITES}.id"], name=f"fk_{TABLE}_site_id", ondelete="CASCADE"
        ),
    )
    op.add_column(SITES, sa.Column(COLUMN, sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column(SITES, COLUMN)
    op.drop_table(TABLE)
