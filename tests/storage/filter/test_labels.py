"""Labels are read oldest first, and none is left out between two queries."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import text, update

from comment_service.storage.db.session import session, transaction
from comment_service.storage.filter import labels
from comment_service.storage.tables import Label

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_training_rows_come_by_age_however_the_database_keeps_them(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels, "_CHUNK", 2)
    with app.app_context():
        with transaction() as current:
            rows = [
                Label(
                    site_id=1, label="spam", text=f"text {number}", author="", email="", url="",
                    source="decision", actor="Ann", weight=1.0, created_at=NOON,
                )
                for number in range(5)
            ]  # fmt: skip
            current.add_all(rows)
            current.flush()
            ids = [row.id for row in rows]
        for changed in ids[:3]:  # PostgreSQL moves a changed row behind the others
            with transaction() as current:
                current.execute(update(Label).where(Label.id == changed).values(weight=0.5))
        if session().get_bind().dialect.name == "postgresql":
            for plan in ("indexscan", "bitmapscan", "indexonlyscan"):
                session().execute(text(f"SET LOCAL enable_{plan} = off"))
        assert [row.id for row in labels.training_rows(session(), 1)] == ids
