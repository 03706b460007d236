"""Add campaigns, the domains that comments link to, and the hash of the scored text.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CAMPAIGN = "ix_comments_comments_site_id_campaign_id_status"
NAME = "ix_comments_comments_site_id_name_id"
DOMAIN = "ix_comments_linked_domains_site_id_domain_comment_id"


def upgrade() -> None:
    op.create_table(
        "comments_linked_domains",
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comments_comments.id"],
            name=op.f("fk_comments_linked_domains_comment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["comments_sites.id"],
            name=op.f("fk_comments_linked_domains_site_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("comment_id", "domain", name=op.f("pk_comments_linked_domains")),
    )
    op.create_index(op.f(DOMAIN), "comments_linked_domains", ["site_id", "domain", "comment_id"])
    with op.batch_alter_table("comments_comments") as table:
        table.add_column(sa.Column("likeness", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("campaign_id", ID, nullable=True))
    op.execute("UPDATE comments_comments SET campaign_id = id")
    op.create_index(op.f(CAMPAIGN), "comments_comments", ["site_id", "campaign_id", "status"])
    op.create_index(op.f(NAME), "comments_comments", ["site_id", "name", "id"])
    with op.batch_alter_table("comments_verdicts") as table:
        table.add_column(
            sa.Column("features", sa.String(length=16), nullable=False, server_default="")
        )


def downgrade() -> None:
    with op.batch_alter_table("comments_verdicts") as table:
        table.drop_column("features")
    op.drop_index(op.f(NAME), "comments_comments")
    op.drop_index(op.f(CAMPAIGN), "comments_comments")
    with op.batch_alter_table("comments_comments") as table:
        table.drop_column("campaign_id")
        table.drop_column("likeness")
    op.drop_index(op.f(DOMAIN), "comments_linked_domains")
    op.drop_table("comments_linked_domains")
