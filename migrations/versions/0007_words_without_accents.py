"""Ignore accents in PostgreSQL's search, as SQLite's FTS5 does.

Revision ID: 0007
"""

import unicodedata

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

STOPS = "./:@_-?=&#%+~"
LETTERS = [
    chr(point)
    for point in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))
    if unicodedata.normalize("NFD", chr(point))[0].isascii()
]
"""Letters that decompose into an ASCII letter and accents."""
MARKS = "".join(map(chr, range(0x300, 0x370)))
"""Combining accents, which follow their letter: ``translate`` deletes what has no counterpart."""

ALTER = """ALTER TABLE comments_comments ADD COLUMN words tsvector GENERATED ALWAYS AS (
    to_tsvector('simple'::regconfig, translate(left(text, 100000) || ' ' || name || ' ' || url
        || ' ' || split_part(email, '@', 2), '{given}', '{taken}'))) STORED"""
INDEX = "CREATE INDEX ix_comments_comments_words ON comments_comments USING gin (words)"


def upgrade() -> None:
    plain = "".join(unicodedata.normalize("NFD", letter)[0] for letter in LETTERS)
    _remake(STOPS + "".join(LETTERS) + MARKS, " " * len(STOPS) + plain)


def downgrade() -> None:
    _remake(STOPS, " " * len(STOPS))


def _remake(given: str, taken: str) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("ALTER TABLE comments_comments DROP COLUMN words")
    op.get_bind().exec_driver_sql(ALTER.format(given=given, taken=taken).replace("%", "%%"))
    op.execute(INDEX)
