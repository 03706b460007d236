"""Add the user of the host application whom a moderator is.

Revision ID: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLE = "comments_moderators"
COLUMN = "host_id"


def upgrade() -> None:
    with op.batch_alter_table(TABLE) as table:
        table.add_column(sa.Column(COLUMN, sa.String(320), nullable=True))
        table.create_unique_constraint(f"uq_{TABLE}_{COLUMN}", [COLUMN])


def downgrade() -> None:
    with op.batch_alter_table(TABLE) as table:
        table.drop_constraint(f"uq_{TABLE}_{COLUMN}", type_="unique")
        table.drop_column(COLUMN)
