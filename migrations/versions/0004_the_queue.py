"""Add the queue's filters and search, bulk actions, revisions and blocks that expire.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COMMENTS = "comments_comments"
OLD_INDEXES = (["page_id", "status"], ["author_id", "status"], ["site_id", "campaign_id", "status"])
NEW_INDEXES = (
    *([*columns, "id"] for columns in OLD_INDEXES),
    ["status", "id", "score", "created_at"],
    ["status", "look", "id"],
    ["status", "model", "id"],
    ["status", "identity", "id"],
)
COLUMNS = ("score", "model", "identity", "look")
BATCH = "ix_comments_decisions_batch_id_id"
REASON = "ix_comments_verdict_reasons_name_status_comment_id"
REVISION = "ix_comments_revisions_comment_id_id"
TRIGGERS = (
    "comments_search_in",
    "comments_search_out",
    "comments_search_new",
    "comments_status_new",
)

NEWEST = """(SELECT {column} FROM comments_verdicts
    WHERE comment_id = comments_comments.id ORDER BY id DESC LIMIT 1)"""
OF_IDENTITY = """EXISTS (SELECT 1 FROM comments_identities
    WHERE author_id = comments_comments.author_id AND provider {test})"""
BUSY = """(SELECT CASE WHEN comment_count + like_count < 100 THEN comment_count + like_count
    ELSE 100 END FROM comments_pages WHERE id = comments_comments.page_id)"""
FILL = f"""UPDATE comments_comments SET
    score = {NEWEST.format(column="score")},
    model = COALESCE({NEWEST.format(column="model")}, ''),
    identity = CASE WHEN {OF_IDENTITY.format(test="= 'host'")} THEN 'host'
        WHEN {OF_IDENTITY.format(test="NOT IN ('host', 'guest')")} THEN 'account'
        ELSE 'guest' END"""  # noqa: S608
LOOK = f"""UPDATE comments_comments SET
    look = CAST(1000 * (1 - ABS(2 * COALESCE(score, 0.5) - 1)) AS INTEGER) * (10 + {BUSY})
        / (1 + depth)"""  # noqa: S608
REASONS = """INSERT INTO comments_verdict_reasons (comment_id, name, status)
    SELECT DISTINCT v.comment_id, substr({name}, 1, 64), c.status
    FROM comments_verdicts v JOIN comments_comments c ON c.id = v.comment_id
    CROSS JOIN {each}
    WHERE v.id = (SELECT max(w.id) FROM comments_verdicts w WHERE w.comment_id = v.comment_id)"""
FTS = """CREATE VIRTUAL TABLE comments_search
    USING fts5(body, name, url, domain, status, content='', tokenize='unicode61')"""
FTS_FILL = """INSERT INTO comments_search(rowid, body, name, url, domain, status)
    SELECT id, text, name, url, substr(email, instr(email, '@') + 1), status
    FROM comments_comments"""
WORDS = """ALTER TABLE comments_comments ADD COLUMN words tsvector GENERATED ALWAYS AS (
    to_tsvector('simple'::regconfig, translate(left(text, 100000) || ' ' || name || ' ' || url
        || ' ' || split_part(email, '@', 2), './:@_-?=&#%+~', '             '))) STORED"""


def _index(columns: list[str]) -> str:
    return f"ix_comments_comments_{'_'.join(columns)}"


def upgrade() -> None:
    _tables()
    op.add_column("comments_authors", sa.Column("blocked_until", TIME, nullable=True))
    op.add_column("comments_decisions", sa.Column("batch_id", ID, nullable=True))
    note = sa.Column("note", sa.Text(), nullable=False, server_default="")
    op.add_column("comments_decisions", note)
    op.create_index(BATCH, "comments_decisions", ["batch_id", "id"])
    op.add_column(COMMENTS, sa.Column("score", sa.Double(), nullable=True))
    for name, kind, default in (
        ("model", sa.String(64), ""),
        ("identity", sa.String(16), "guest"),
        ("look", sa.Integer(), "0"),
    ):
        op.add_column(COMMENTS, sa.Column(name, kind, nullable=False, server_default=default))
    op.execute(FILL)
    op.execute(LOOK)
    for columns in OLD_INDEXES:
        op.drop_index(_index(columns), COMMENTS)
    for columns in NEW_INDEXES:
        op.create_index(_index(columns), COMMENTS, columns)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(REASONS.format(name="e->>'name'", each="jsonb_array_elements(v.reasons) e"))
        op.execute(WORDS)
        op.execute("CREATE INDEX ix_comments_comments_words ON comments_comments USING gin (words)")
    else:
        name = "json_extract(e.value, '$.name')"
        op.execute(REASONS.format(name=name, each="json_each(v.reasons) e"))
        op.execute(FTS)
        op.execute(FTS_FILL)


def _tables() -> None:
    op.create_table(
        "comments_verdict_reasons",
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        _to(COMMENTS, "comments_verdict_reasons", "comment_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("comment_id", "name", name="pk_comments_verdict_reasons"),
    )
    op.create_index(REASON, "comments_verdict_reasons", ["name", "status", "comment_id"])
    op.create_table(
        "comments_batches",
        sa.Column("id", ID, nullable=False),
        sa.Column("moderator_id", ID, nullable=False),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("query", JSON, nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("newest_id", ID, nullable=False),
        sa.Column("reached_id", ID, nullable=False),
        sa.Column("decided", sa.Integer(), nullable=False),
        sa.Column("undone", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.Column("undo_reached_id", ID, nullable=True),
        sa.Column("undo_by_id", ID, nullable=True),
        sa.Column("undo_at", TIME, nullable=True),
        _to("comments_moderators", "comments_batches", "moderator_id"),
        _to("comments_moderators", "comments_batches", "undo_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_comments_batches"),
    )
    op.create_table(
        "comments_revisions",
        sa.Column("id", ID, nullable=False),
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("moderator_id", ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        _to(COMMENTS, "comments_revisions", "comment_id", ondelete="CASCADE"),
        _to("comments_moderators", "comments_revisions", "moderator_id"),
        sa.PrimaryKeyConstraint("id", name="pk_comments_revisions"),
    )
    op.create_index(REVISION, "comments_revisions", ["comment_id", "id"])


def _to(
    target: str, table: str, column: str, ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}"
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=ondelete)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER IF EXISTS comments_status_new ON comments_comments")
        op.execute("DROP FUNCTION IF EXISTS comments_status_new()")
        op.execute("ALTER TABLE comments_comments DROP COLUMN words")
    else:
        for trigger in TRIGGERS:
            op.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        op.execute("DROP TABLE comments_search")
    for columns in NEW_INDEXES:
        op.drop_index(_index(columns), COMMENTS)
    for columns in OLD_INDEXES:
        op.create_index(_index(columns), COMMENTS, columns)
    op.drop_index(BATCH, "comments_decisions")
    op.drop_index(REVISION, "comments_revisions")
    op.drop_index(REASON, "comments_verdict_reasons")
    for table in ("comments_revisions", "comments_batches", "comments_verdict_reasons"):
        op.drop_table(table)
    with op.batch_alter_table(COMMENTS) as table:
        for column in COLUMNS:
            table.drop_column(column)
    with op.batch_alter_table("comments_decisions") as table:
        table.drop_column("note")
        table.drop_column("batch_id")
    with op.batch_alter_table("comments_authors") as table:
        table.drop_column("blocked_until")
