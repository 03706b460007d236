"""Add the person for whom a program's key acts.

Revision ID: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "comments_api_keys"
COLUMN = "moderator_id"


def upgrade() -> None:
    with op.batch_alter_table(TABLE) as table:
        table.add_column(sa.Column(COLUMN, Id, nullable=True))
        table.create_foreign_key(
            f"fk_{TABLE}_{COLUMN}", "comments_moderators", [COLUMN], ["id"], ondelete="CASCADE"
        )
        table.create_index(f"ix_{TABLE}_{COLUMN}", [COLUMN])


def downgrade() -> None:
    with op.batch_alter_table(TABLE) as table:
        table.drop_index(f"ix_{TABLE}_{COLUMN}")
        table.drop_constraint(f"fk_{TABLE}_{COLUMN}", type_="foreignkey")
        table.drop_column(COLUMN)
