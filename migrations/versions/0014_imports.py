"""Add imports, and where imported comments and pages came from.

Revision ID: 0014
"""

import sqlalchemy as sa
from alembic import op

from comment_service.storage.tables.base import Id, Json

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


FRAGMENT = "ix_comments_comments_page_id_fragment"


def upgrade() -> None:
    op.add_column(
        "comments_comments",
        sa.Column("fragment", sa.String(128), nullable=False, server_default=sa.text("''")),
    )
    op.create_index(FRAGMENT, "comments_comments", ["page_id", "fragment"])
    when = sa.DateTime(timezone=True)
    op.create_table(
        "comments_imports",
        sa.Column("id", Id, nullable=False),
        sa.Column("site_id", Id, nullable=False),
        sa.Column("format", sa.String(32), nullable=False),
        sa.Column("source", sa.String(128), nullable=False),
        sa.Column("file_name", sa.String(255), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("stored", sa.String(64), nullable=False),
        sa.Column("options", Json, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("plan", Json, nullable=False),
        sa.Column("result", Json, nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("created_at", when, nullable=False),
        sa.Column("finished_at", when, nullable=True),
        sa.Column("undone_by", sa.String(200), nullable=False),
        sa.Column("undone_at", when, nullable=True),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["comments_sites.id"],
            name="fk_comments_imports_site_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_comments_imports"),
    )
    op.create_index("ix_comments_imports_site_id_id", "comments_imports", ["site_id", "id"])
    op.create_index("ix_comments_imports_state", "comments_imports", ["state"])
    _imported_comments()
    op.create_table(
        "comments_imported_pages",
        sa.Column("id", Id, nullable=False),
        sa.Column("import_id", Id, nullable=False),
        sa.Column("page_id", Id, nullable=False),
        sa.Column("created", sa.Boolean(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["comments_imports.id"],
            name="fk_comments_imported_pages_import_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["page_id"],
            ["comments_pages.id"],
            name="fk_comments_imported_pages_page_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_comments_imported_pages"),
        sa.UniqueConstraint(
            "import_id", "page_id", name="uq_comments_imported_pages_import_id_page_id"
        ),
    )
    op.create_index("ix_comments_imported_pages_page_id", "comments_imported_pages", ["page_id"])


def _imported_comments() -> None:
    table = "comments_imported_comments"
    op.create_table(
        table,
        sa.Column("id", Id, nullable=False),
        sa.Column("import_id", Id, nullable=False),
        sa.Column("site_id", Id, nullable=False),
        sa.Column("source", sa.String(128), nullable=False),
        sa.Column("source_id", sa.String(255), nullable=False),
        sa.Column("comment_id", Id, nullable=True),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("likes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["comments_imports.id"], name=f"fk_{table}_import_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["comments_sites.id"], name=f"fk_{table}_site_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comments_comments.id"],
            name=f"fk_{table}_comment_id",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.UniqueConstraint(
            "site_id", "source", "source_id", name=f"uq_{table}_site_id_source_source_id"
        ),
    )
    op.create_index(f"ix_{table}_import_id_comment_id", table, ["import_id", "comment_id"])
    op.create_index(f"ix_{table}_comment_id", table, ["comment_id"])


def downgrade() -> None:
    op.drop_index(FRAGMENT, "comments_comments")
    op.drop_column("comments_comments", "fragment")
    op.drop_table("comments_imported_pages")
    op.drop_table("comments_imported_comments")
    op.drop_table("comments_imports")
