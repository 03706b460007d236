"""Store with a comment whether an owner of the site wrote it; older ones keep "Moderator".

Revision ID: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("by_owner", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("comments_comments", column)


def downgrade() -> None:
    op.drop_column("comments_comments", "by_owner")
