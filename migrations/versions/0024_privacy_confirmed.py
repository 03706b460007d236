"""Store with a comment whether its author ticked that they have read the privacy notice.

Revision ID: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("privacy_confirmed", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("comments_comments", column)


def downgrade() -> None:
    op.drop_column("comments_comments", "privacy_confirmed")
