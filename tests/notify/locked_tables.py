"""Which tables a piece of work locks rows of, to compare the order with that of other work."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import event

from comment_service.storage.db.session import db


def locked_tables(app: Flask, work: Callable[[], object]) -> list[list[str]]:
    """Return which tables each transaction locks rows of, in order; SQLite locks none."""
    found: list[list[str]] = [[]]

    def note(_connection: object, statement: Any, *_more: object) -> None:
        if getattr(statement, "_for_update_arg", None) is not None:
            found[-1] += [one.name.removeprefix("comments_") for one in statement.get_final_froms()]

    def end(_connection: object) -> None:
        found.append([])

    with app.app_context():
        engine = db.engine
    heard = [(engine, "before_execute", note), (engine, "commit", end), (engine, "rollback", end)]
    for one in heard:
        event.listen(*one)
    try:
        work()
    finally:
        for one in heard:
            event.remove(*one)
    return [tables for tables in found if tables]
