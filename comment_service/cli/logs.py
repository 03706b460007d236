"""The log of the server and of the worker: lines for people, or JSON for programs.

A host application sets up logging itself, so only our own commands call this.
"""

import logging
import sys
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from comment_service.runtime import REQUEST_ID

_LOGGER = "comment_service"


class RepeatedTracebacks(logging.Filter):
    """Leaves the traceback out of a record if this process logged the same one before."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: set[tuple[str, str, int]] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass; change one with a known traceback into one line."""
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return True
        place = _place_of(error)
        if place in self._seen:
            record.msg = f"{record.getMessage()}: {type(error).__name__} (traceback logged before)"
            record.args, record.exc_info, record.exc_text = (), None, None
        elif len(self._seen) < 1000:
            self._seen.add(place)
        return True


def _place_of(error: BaseException) -> tuple[str, str, int]:
    """Return the type of an exception, and the file and line that raised it."""
    last: TracebackType | None = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    where = (last.tb_frame.f_code.co_filename, last.tb_lineno) if last is not None else ("", 0)
    return type(error).__name__, *where


def configure(kind: str) -> None:
    """Log to the error stream; ``kind`` is "text" or "json" (``COMMENTS_LOG``)."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(allow=["method", "route", "status", "ms"]),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _add_request_id,
    ]
    rendering: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if kind == "json"
        else [
            structlog.dev.ConsoleRenderer(
                colors=False,
                pad_event_to=0,
                pad_level=False,
                exception_formatter=structlog.dev.plain_traceback,  # shows no variables
            )
        ]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(RepeatedTracebacks())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    logger = logging.getLogger(_LOGGER)
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel(logging.INFO if kind == "json" else logging.WARNING)


def _add_request_id(_logger: Any, _method: str, event: EventDict) -> EventDict:
    if request_id := REQUEST_ID.get():
        event["request"] = request_id
    return event
