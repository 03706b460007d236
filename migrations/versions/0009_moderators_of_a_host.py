"""Store with an identity whether its issuer names the person as a moderator.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    made = sa.Column("moderator", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("comments_identities", made)


def downgrade() -> None:
    with op.batch_alter_table("comments_identities") as batch:
        batch.drop_column("moderator")
