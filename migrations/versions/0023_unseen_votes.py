"""Mark likes and reactions that only their shadow-banned author sees.

Revision ID: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TABLES = ("comments_comment_likes", "comments_page_likes", "comments_reactions")


def upgrade() -> None:
    for table in TABLES:
        column = sa.Column("unseen", sa.Boolean(), nullable=False, server_default=sa.false())
        op.add_column(table, column)


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DELETE FROM {table} WHERE unseen")  # noqa: S608 - else everybody sees them
        op.drop_column(table, "unseen")
