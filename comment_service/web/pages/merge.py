"""Merge two threads, with a preview of the effect; move a part of a thread to another page."""

from collections.abc import Sequence

from flask import g, redirect, request, url_for
from werkzeug.wrappers import Response

from comment_service.actions.pages import merge as merge_pages
from comment_service.actions.pages import split as split_page
from comment_service.errors import InvalidFields
from comment_service.storage.admin import rights
from comment_service.storage.db.session import session, transaction
from comment_service.storage.pages import page_lists
from comment_service.storage.pages import pages as stored
from comment_service.storage.tables import Page
from comment_service.storage.tables.base import MAX_ID
from comment_service.text import addresses
from comment_service.text.sentences import staff_sentence
from comment_service.web.http import messages
from comment_service.web.http.context import id_argument, runtime, wants_json
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.moderation import site_context
from comment_service.web.pages.views import CORRECTABLE, blueprint, refused_form

__all__ = ["blueprint"]  # the blueprint of views.py with this module's routes added
MAX_MOVED = 500
"""Maximum comments that one form moves."""


@blueprint.get("/<id:page_id>/merge")
def preview(page_id: int) -> Response | str:
    """Show the effect of merging a page into another (``into``, or the one at ``url``)."""
    page = rights.require_page(session(), g.moderator_id, page_id)
    try:
        effects = merge_pages.preview(
            session=session(),
            moderator_id=g.moderator_id,
            page_id=page_id,
            into_id=id_argument("into") or _require_page(page, request.args.get("url", "")).id,
        )
    except CORRECTABLE as refusal:
        raise refused_form(page_id, "merge", refusal) from None
    return site_context.render_page("pages/merge", it=effects, site=page.site)


def _require_page(page: Page, typed: str) -> Page:
    """Return the page with a URL on the same site.

    Raises:
        InvalidFields: it is not a URL, or it has no thread.
    """
    try:
        found = stored.find(session(), page.site_id, addresses.clean_page_url(typed))
    except ValueError as error:
        raise InvalidFields({"url": [staff_sentence("%(why)s.", why=error)]}) from None
    if found is None:
        raise InvalidFields({"url": [staff_sentence("No thread stands at this address.")]})
    return found


@blueprint.post("/<id:page_id>/merge")
def merge(page_id: int) -> Response:
    """Merge a page into another one (``into``)."""
    into = request.form.get("into", default=0, type=int)
    try:
        with transaction() as current:
            kept_id = merge_pages.merge(
                session=current,
                runtime=runtime(),
                moderator_id=g.moderator_id,
                actor=g.moderator_name,
                page_id=page_id,
                into_id=into if 0 < into <= MAX_ID else 0,
            ).id
    except CORRECTABLE as refusal:
        raise refused_form(page_id, "merge", refusal) from None
    return redirect(url_for("pages.one", page_id=kept_id, done="merged"), 303)


@blueprint.get("/<id:page_id>/split")
def choose(page_id: int) -> str:
    """Show a page's top-level comments, to move some of them to another page."""
    return _split_page(rights.require_page(session(), g.moderator_id, page_id), {})


def _split_page(page: Page, problems: dict[str, str], chosen: Sequence[int] = ()) -> str:
    limit = runtime().settings.page_size
    found = page_lists.roots(session(), page.id, before=id_argument("before"), limit=limit)
    following = found.following
    return site_context.render_page(
        "pages/split",
        page=page,
        site=page.site,
        roots=found,
        chosen=chosen,
        url=request.form.get("url", ""),
        problems=problems,
        here={"page_id": page.id, "before": id_argument("before")},
        next_url=url_for("pages.choose", page_id=page.id, before=following) if following else "",
    )


@blueprint.post("/<id:page_id>/split")
def split(page_id: int) -> Response:
    """Move each ``comment`` with its replies to the page at ``url``."""
    ids = request.form.getlist("comment", type=int)[:MAX_MOVED]
    chosen = [comment_id for comment_id in ids if 0 < comment_id <= MAX_ID]
    try:
        with transaction() as current:
            target_id = split_page.split(
                session=current,
                runtime=runtime(),
                moderator_id=g.moderator_id,
                actor=g.moderator_name,
                page_id=page_id,
                comment_ids=chosen,
                url=request.form.get("url", ""),
            ).id
    except CORRECTABLE as refusal:
        if wants_json():
            raise
        errors = messages.field_errors(refusal)
        problems = {name: " ".join(texts) for name, texts in errors.items()}
        page = rights.require_page(session(), g.moderator_id, page_id)
        html = _split_page(page, problems or {"url": messages.full_refusal_text(refusal)}, chosen)
        raise RefusedWithPage(refusal, html) from None
    return redirect(url_for("pages.one", page_id=target_id, done="split"), 303)
