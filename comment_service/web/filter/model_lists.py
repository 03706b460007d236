"""The lists behind the owner's page, each in stretches: versions, switches, sources, examples."""

from collections.abc import Callable, Mapping

from flask import request
from werkzeug.exceptions import NotFound

from comment_service.actions.filter.activate import SHIPPED
from comment_service.errors import ModelUnknown
from comment_service.storage.db.session import session
from comment_service.storage.filter import examples, sources, versions
from comment_service.storage.tables import STATUSES
from comment_service.web.filter.model_page import since
from comment_service.web.http.context import number, runtime
from comment_service.web.moderation.site_context import next_url, page, site


def _size() -> int:
    return runtime().settings.page_size


def all_versions() -> str:
    """List the site's models, newest first."""
    at, before = site(), request.args.get("before")
    rows, following = versions.stretch(session(), at.id, before=before, limit=_size())
    return page(
        "filter/model_rows", kind="versions", site=at, rows=rows, next_url=next_url(following)
    )


def all_switches() -> str:
    """List the changes from one model to another, newest first."""
    at = site()
    rows, following = versions.switches(session(), at.id, before=number("before"), limit=_size())
    return page(
        "filter/model_rows", kind="switches", site=at, rows=rows, next_url=next_url(following)
    )


def all_sources() -> str:
    """List who taught the model, by name."""
    at, source = site(), request.args.get("before")
    after = (source, request.args.get("actor", "")) if source is not None else None
    rows, more = sources.load(session(), at.id, after=after, limit=_size())
    onwards = next_url(rows[-1].source, actor=rows[-1].actor) if more else ""
    return page("filter/model_rows", kind="sources", site=at, rows=rows, next_url=onwards)


def all_forgotten() -> str:
    """List what was forgotten, by whom, and whether it was taken back, newest first."""
    at = site()
    rows, following = sources.forgettings(session(), at.id, before=number("before"), limit=_size())
    return page(
        "filter/model_rows",
        kind="forgotten",
        site=at,
        rows=rows,
        revocable=sources.revocable(session(), at.id),
        next_url=next_url(following),
    )


def version(model_id: str) -> str:
    """Show a version's card, and where it would have judged otherwise."""
    row, shipped = versions.about(session(), site().id, model_id), runtime().classifier
    if row is not None:
        model, card = row.id, row.card
    elif model_id == SHIPPED and shipped is not None:
        model, card = shipped.model_id, dict(shipped.card)
    else:
        raise ModelUnknown("There is no such model here.")
    flips, following = examples.flips(session(), model_id, before=number("before"), limit=_size())
    return page(
        "filter/model_version",
        version=row,
        model=model,
        card=card,
        flips=flips,
        next_url=next_url(following),
    )


def cell(said: str, now: str) -> str:
    """Show the comments of one cell: what the filter made of them, what they are now."""
    if said not in STATUSES or now not in STATUSES:
        raise NotFound
    found, following = examples.of_cell(
        session(),
        site().id,
        (said, now),
        since=since(runtime().now()),
        before=number("before"),
        limit=_size(),
    )
    return page("filter/examples", said=said, now=now, examples=found, next_url=next_url(following))


PAGES: Mapping[str, Callable[..., str]] = {
    "/versions": all_versions,
    "/versions/<model_id>": version,
    "/switches": all_switches,
    "/sources": all_sources,
    "/forgotten": all_forgotten,
    "/cells/<said>/<now>": cell,
}
"""Address below the owner's page → what it shows."""
