"""Two threads made one, with what that does said before; and a part of one moved elsewhere."""

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
from comment_service.web.http import messages
from comment_service.web.http.context import number, runtime, wants_json
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.moderation import site_context
from comment_service.web.pages.views import CORRECTABLE, pages, refused

__all__ = ["pages"]  # with these routes on it
MOST = 500
"""Comments that one form moves."""


@pages.get("/<id:page_id>/merge")
def preview(page_id: int) -> Response | str:
    """Say what it would do to merge a page into another (``into``, or the one at ``url``)."""
    page = rights.page(session(), g.moderator_id, page_id)
    try:
        told = merge_pages.preview(
            session=session(),
            moderator_id=g.moderator_id,
            page_id=page_id,
            into_id=number("into") or _at(page, request.args.get("url", "")).id,
        )
    except CORRECTABLE as refusal:
        raise refused(page_id, "merge", refusal) from None
    return site_context.page("pages/merge", it=told, site=page.site)


def _at(page: Page, typed: str) -> Page:
    """Return the page at an address of the same site.

    Raises:
        InvalidFields: it is no address, or nobody has said anything there.
    """
    try:
        found = stored.find(session(), page.site_id, addresses.page_address(typed))
    except ValueError as error:
        raise InvalidFields({"url": [f"{error}."]}) from None
    if found is None:
        raise InvalidFields({"url": ["No thread stands at this address."]})
    return found


@pages.post("/<id:page_id>/merge")
def merge(page_id: int) -> Response:
    """Move everything of a page to another one (``into``)."""
    into = request.form.get("into", default=0, type=int)
    try:
        with transaction() as current:
            kept = merge_pages.merge(
                session=current,
                runtime=runtime(),
                moderator_id=g.moderator_id,
                actor=g.moderator_name,
                page_id=page_id,
                into_id=into if 0 < into <= MAX_ID else 0,
            ).id
    except CORRECTABLE as refusal:
        raise refused(page_id, "merge", refusal) from None
    return redirect(url_for("pages.one", page_id=kept, done="merged"), 303)


@pages.get("/<id:page_id>/split")
def choose(page_id: int) -> str:
    """Show a page's top-level comments, to move some of them to another page."""
    return _choice(rights.page(session(), g.moderator_id, page_id), {})


def _choice(page: Page, problems: dict[str, str], chosen: Sequence[int] = ()) -> str:
    limit = runtime().settings.page_size
    found = page_lists.roots(session(), page.id, before=number("before"), limit=limit)
    following = found.following
    return site_context.page(
        "pages/split",
        page=page,
        site=page.site,
        roots=found,
        chosen=chosen,
        url=request.form.get("url", ""),
        problems=problems,
        here={"page_id": page.id, "before": number("before")},
        next_url=url_for("pages.choose", page_id=page.id, before=following) if following else "",
    )


@pages.post("/<id:page_id>/split")
def split(page_id: int) -> Response:
    """Move each ``comment`` with its replies to the page at ``url``."""
    sent = request.form.getlist("comment", type=int)[:MOST]
    chosen = [found for found in sent if 0 < found <= MAX_ID]
    try:
        with transaction() as current:
            there = split_page.split(
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
        about = messages.fields(refusal)
        problems = {name: " ".join(said) for name, said in about.items()}
        page = rights.page(session(), g.moderator_id, page_id)
        shown = _choice(page, problems or {"url": messages.told(refusal)}, chosen)
        raise RefusedWithPage(refusal, shown) from None
    return redirect(url_for("pages.one", page_id=there, done="split"), 303)
