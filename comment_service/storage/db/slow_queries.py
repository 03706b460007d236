"""Log statements that take long, without the values in them."""

import logging
from time import perf_counter
from typing import Any

from sqlalchemy import Connection, Engine, event

_log = logging.getLogger(__name__)
_BEGUN = "comments_statement_begun"
_LONGEST = 1000
"""Characters of a statement that are logged."""


def watch(engine: Engine, milliseconds: float) -> None:
    """Log every statement of an engine that takes at least as long."""

    def before(connection: Connection, *_more: Any) -> None:
        connection.info[_BEGUN] = perf_counter()

    def after(connection: Connection, _cursor: Any, statement: str, *_more: Any) -> None:
        taken = (perf_counter() - connection.info.pop(_BEGUN)) * 1000
        if taken >= milliseconds:
            words = " ".join(statement.split())[:_LONGEST]
            _log.warning("a statement took %.0f ms: %s", taken, words)

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
