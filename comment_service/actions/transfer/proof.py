"""The proof of an import: comments in the file against comments in the database, page by page."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy.orm import Session

from comment_service.actions.transfer.plan import SHOWN_PAGES
from comment_service.actions.transfer.store_batch import BATCH_SIZE, left_out, look_up
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.transfer import imports
from comment_service.text.addresses import comment_url
from comment_service.transfer.spool import Spool


def make_proof(
    *,
    begin: Callable[[], AbstractContextManager[Session]],
    runtime: Runtime,
    import_id: int,
    spool: Spool,
    pages: Mapping[str, int],
    report: Callable[[], None],
) -> Mapping[str, Any]:
    """Return the proof as JSON values; every comment of the file is looked up again.

    Each batch has a short transaction of its own; ``report`` is called after it.

    Keys: ``in``, ``out`` (comments of the file that are in the database, on their page),
    ``differences`` (by reason, together ``in`` minus ``out``), ``missing`` (without a reason; must
    be 0), ``page_count``, ``pages`` (those with a difference first) and ``examples`` (addresses).
    """
    inside: Counter[str] = Counter()
    outside: Counter[str] = Counter()
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    after = 0
    while batch := spool.batch(after, BATCH_SIZE):
        after = batch[-1].place
        with begin() as session:
            known = look_up(session, runtime, session.get_one(t.Import, import_id), batch)
            numbers = {one.comment_id for one in known.values() if one.comment_id is not None}
            on = imports.pages_of(session, numbers)
        for comment in batch:
            key = comment.record.page
            inside[key] += 1
            reason = left_out(comment, known, pages)
            if reason != "here_already":
                reasons[key][reason or "missing"] += 1
            elif on.get(known[comment.record.source_id].comment_id or 0) == pages.get(key):
                outside[key] += 1
            else:
                reasons[key]["moved_here"] += 1
        report()
    for reason, key, number, _line in spool.skipped():
        inside[key] += number
        reasons[key][reason] += number
    with begin() as session:
        examples = _examples(session, import_id)
    total = sum((Counter(one) for one in reasons.values()), Counter())
    return {
        "in": sum(inside.values()),
        "out": sum(outside.values()),
        "differences": dict(total),
        "missing": total.get("missing", 0),
        **_rows(spool, inside, outside, reasons),
        "examples": examples,
    }


def _rows(
    spool: Spool,
    inside: Mapping[str, int],
    outside: Mapping[str, int],
    reasons: Mapping[str, Mapping[str, int]],
) -> Mapping[str, Any]:
    urls = {page.key: page.url for page in spool.pages()}
    order = sorted(inside, key=lambda key: (outside.get(key, 0) - inside[key], -inside[key]))
    return {
        "page_count": len(inside),
        "pages": [
            {
                "url": urls.get(key) or key or "(no page)",
                "in": inside[key],
                "out": outside.get(key, 0),
                "differences": dict(reasons.get(key, {})),
            }
            for key in order[:SHOWN_PAGES]
        ],
    }


def _examples(session: Session, import_id: int) -> list[str]:
    return [
        comment_url(comment.page.url, comment.id)
        for comment in imports.example_comments(session, import_id)
    ]
