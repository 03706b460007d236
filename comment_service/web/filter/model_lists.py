"""The full lists behind the filter page, paged: versions, history, training sources, examples."""

from collections.abc import Callable, Mapping

from flask import request
from werkzeug.exceptions import NotFound

from comment_service.actions.filter.activate import SHIPPED
from comment_service.errors import ModelNotFound
from comment_service.storage.db.session import session
from comment_service.storage.filter import examples, sources, versions
from comment_service.storage.tables import STATUSES
from comment_service.web.filter.model_page import since
from comment_service.web.http.context import id_argument, runtime
from comment_service.web.moderation.site_context import next_url, owned_site, render_page


def _page_size() -> int:
    return runtime().settings.page_size


def all_versions() -> str:
    """List the site's model versions, newest first."""
    owner_site, before = owned_site(), request.args.get("before")
    rows, following = versions.versions_page(
        session(), owner_site.id, before=before, limit=_page_size()
    )
    return render_page(
        "filter/model_rows",
        kind="versions",
        site=owner_site,
        rows=rows,
        next_url=next_url(following),
    )


def all_switches() -> str:
    """List the changes of the active model, newest first."""
    owner_site = owned_site()
    rows, following = versions.switches(
        session(), owner_site.id, before=id_argument("before"), limit=_page_size()
    )
    return render_page(
        "filter/model_rows",
        kind="switches",
        site=owner_site,
        rows=rows,
        next_url=next_url(following),
    )


def all_sources() -> str:
    """List the training sources, by name."""
    owner_site, source = owned_site(), request.args.get("before")
    after = (source, request.args.get("actor", "")) if source is not None else None
    rows, more = sources.load_sources(session(), owner_site.id, after=after, limit=_page_size())
    next_page = next_url(rows[-1].source, actor=rows[-1].actor) if more else ""
    return render_page(
        "filter/model_rows", kind="sources", site=owner_site, rows=rows, next_url=next_page
    )


def all_forgotten() -> str:
    """List removed training sources, who removed them and whether that was undone, newest first."""
    owner_site = owned_site()
    rows, following = sources.retractions(
        session(), owner_site.id, before=id_argument("before"), limit=_page_size()
    )
    return render_page(
        "filter/model_rows",
        kind="forgotten",
        site=owner_site,
        rows=rows,
        revocable=sources.reversible(session(), owner_site.id),
        next_url=next_url(following),
    )


def version(model_id: str) -> str:
    """Show a version's card, and the comments on which it disagrees with the active model."""
    site_id, shipped = owned_site().id, runtime().classifier
    row = versions.find_without_arrays(session(), site_id, model_id)
    if row is not None:
        model, card = row.id, row.card
    elif model_id == SHIPPED and shipped is not None:
        model, card = shipped.model_id, dict(shipped.card)
    else:
        raise ModelNotFound("There is no such model here.")
    flips, following = examples.flips(
        session(), model_id, before=id_argument("before"), limit=_page_size()
    )
    return render_page(
        "filter/model_version",
        version=row,
        model=model,
        card=card,
        flips=flips,
        doubtful=examples.labels_by_id(session(), site_id, row.report.get("set_aside", ()))
        if row
        else (),
        next_url=next_url(following),
    )


def cell(said: str, now: str) -> str:
    """List the comments of one cell of the confusion table.

    Args:
        said: the filter's decision.
        now: the comment's current status.
    """
    if said not in STATUSES or now not in STATUSES:
        raise NotFound
    found, following = examples.of_cell(
        session(),
        owned_site().id,
        (said, now),
        since=since(runtime().now()),
        before=id_argument("before"),
        limit=_page_size(),
    )
    return render_page(
        "filter/examples", said=said, now=now, examples=found, next_url=next_url(following)
    )


PAGES: Mapping[str, Callable[..., str]] = {
    "/versions": all_versions,
    "/versions/<model_id>": version,
    "/switches": all_switches,
    "/sources": all_sources,
    "/forgotten": all_forgotten,
    "/cells/<said>/<now>": cell,
}
"""URL below the filter page → view."""
