"""Add page keys and aliases, the order "best", and the mark of post authors.

Revision ID: 0010
"""

import re
from math import sqrt
from urllib.parse import parse_qsl, urlencode, urlsplit

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    no, zero, empty = sa.false(), sa.text("0"), sa.text("''")
    for table in ("identities", "comments"):
        made = sa.Column("writer", sa.Boolean(), nullable=False, server_default=no)
        op.add_column(f"comments_{table}", made)
    op.add_column(
        "comments_comments", sa.Column("best", sa.Integer(), nullable=False, server_default=zero)
    )
    op.add_column(
        "comments_pages", sa.Column("key", sa.String(2000), nullable=False, server_default=empty)
    )
    op.create_table(
        "comments_page_aliases",
        sa.Column("id", ID, primary_key=True),
        sa.Column(
            "site_id", ID, sa.ForeignKey("comments_sites.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column(
            "page_id", ID, sa.ForeignKey("comments_pages.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("key", sa.String(2000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("site_id", "url"),
    )
    op.create_index("ix_comments_page_aliases_page_id", "comments_page_aliases", ["page_id"])
    op.create_index(
        "ix_comments_page_aliases_site_id_key", "comments_page_aliases", ["site_id", "key"]
    )
    op.create_index("ix_comments_pages_site_id_id", "comments_pages", ["site_id", "id"])
    _fill()
    op.create_index("ix_comments_pages_site_id_key", "comments_pages", ["site_id", "key"])
    op.create_index(
        "ix_comments_comments_page_id_depth_shown_best",
        "comments_comments",
        ["page_id", "depth", "shown", "best"],
    )


def _fill() -> None:
    """Fill every page's key, and the rank of every liked comment in the order "best"."""
    connection = op.get_bind()
    pages = connection.execute(sa.text("SELECT id, url FROM comments_pages")).all()
    for page_id, url in pages:
        told = {"key": _key(url), "id": page_id}
        connection.execute(sa.text("UPDATE comments_pages SET key = :key WHERE id = :id"), told)
    counts = sa.text(
        "SELECT DISTINCT like_count, report_count FROM comments_comments WHERE like_count > 0"
    )
    set_best = sa.text(
        "UPDATE comments_comments SET best = :best "
        "WHERE like_count = :likes AND report_count = :reports"
    )
    for likes, reports in connection.execute(counts).all():
        told = {"best": _wilson(likes, reports), "likes": likes, "reports": reports}
        connection.execute(set_best, told)


def _key(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.removeprefix("www.")
    path = re.sub(r"/(index\.(html?|php))?$", "", parts.path)
    query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    return f"{host}{path}" + (f"?{query}" if query else "")


def _wilson(likes: int, reports: int) -> int:
    n, z = likes + reports, 1.96
    share = likes / n
    spread = z * sqrt((share * (1 - share) + z * z / (4 * n)) / n)
    return round(1_000_000 * (share + z * z / (2 * n) - spread) / (1 + z * z / n))


def downgrade() -> None:
    op.drop_index("ix_comments_comments_page_id_depth_shown_best", "comments_comments")
    op.drop_index("ix_comments_pages_site_id_key", "comments_pages")
    op.drop_index("ix_comments_pages_site_id_id", "comments_pages")
    op.drop_table("comments_page_aliases")
    with op.batch_alter_table("comments_pages") as batch:
        batch.drop_column("key")
    for column in ("best", "writer"):
        with op.batch_alter_table("comments_comments") as batch:
            batch.drop_column(column)
    with op.batch_alter_table("comments_identities") as batch:
        batch.drop_column("writer")
