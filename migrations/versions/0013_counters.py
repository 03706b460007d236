"""Add the number of public replies to each thread's first comment, and an index for networks.

Triggers keep the counts from here on (``storage/db/counters.py``).

Revision ID: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

NETWORK = "ix_comments_comments_site_id_network_author_id"
FILL = """
UPDATE comments_comments SET reply_count = counted.number
FROM (
    SELECT root_id, count(*) AS number FROM comments_comments
    WHERE shown AND root_id <> id GROUP BY root_id
) AS counted
WHERE counted.root_id = comments_comments.id
"""


def upgrade() -> None:
    zero = sa.text("0")
    op.add_column(
        "comments_comments",
        sa.Column("reply_count", sa.Integer(), nullable=False, server_default=zero),
    )
    op.execute(FILL)
    op.create_index(NETWORK, "comments_comments", ["site_id", "network", "author_id"])


def downgrade() -> None:
    op.drop_index(NETWORK, "comments_comments")
    op.drop_column("comments_comments", "reply_count")
