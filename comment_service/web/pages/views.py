"""The pages of a site: found, called by another title, known under other addresses."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from comment_service import fetching
from comment_service.actions.pages import edit_page
from comment_service.actions.pages.canonical_address import Looked, find_address
from comment_service.errors import AlreadyDone, InvalidFields, OriginUnknown, Refusal
from comment_service.storage.admin import rights
from comment_service.storage.db.session import session, transaction
from comment_service.storage.pages import page_lists
from comment_service.storage.tables import Page
from comment_service.web.http import messages
from comment_service.web.http.context import number, runtime, wants_json
from comment_service.web.http.rate_limits import SIGN_IN, limiter
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.moderation import site_context
from comment_service.web.moderation.queue_views import only_moderators

pages = Blueprint("pages", __name__, url_prefix="/moderation/pages")
pages.before_request(only_moderators)

CHANGES = 20
"""Changes of a page that are shown."""
CORRECTABLE = (InvalidFields, AlreadyDone, OriginUnknown)
"""Refusals after which the form comes back with what was typed."""


@pages.get("/")
def show() -> str:
    """List a site's pages, and those that look like the same post."""
    site, asked = site_context.site_of(g.rights.sites), request.args.get("q", "").strip()[:300]
    before, limit = number("before"), runtime().settings.page_size
    found = page_lists.stretch(session(), site.id, words=asked, before=before, limit=limit)
    whole = not asked and before is None
    following = found.following
    return site_context.page(
        "pages/pages",
        site=site,
        sites=rights.sites(session(), g.rights.sites),
        asked=asked,
        pages=found.pages,
        twins=page_lists.twins(session(), site.id) if whole else (),
        next_url=url_for("pages.show", site=site.key, q=asked or None, before=following)
        if following
        else "",
    )


@pages.get("/<id:page_id>")
def one(page_id: int) -> str:
    """Show a page with its addresses, and everything that can be done about them."""
    return page_of(rights.page(session(), g.moderator_id, page_id))


def page_of(
    page: Page,
    *,
    problems: Mapping[str, str] | None = None,
    merge_url: str = "",
    looked: Looked | None = None,
) -> str:
    """Return a page's own page; ``problems`` say what was wrong, form by form."""
    aliases, following = page_lists.aliases(
        session(), page.id, before=number("before"), limit=runtime().settings.page_size
    )
    return site_context.page(
        "pages/page",
        page=page,
        site=page.site,
        aliases=aliases,
        next_url=url_for("pages.one", page_id=page.id, before=following) if following else "",
        changes=page_lists.changes(session(), page, CHANGES),
        problems=problems or {},
        typed=request.values if problems else {},
        merge_url=merge_url,
        looked=looked,
        done=request.args.get("done", ""),
    )


def refused(page_id: int, form: str, refusal: Refusal) -> RefusedWithPage | Refusal:
    """Give a form back with what was typed and what was wrong with it.

    Where another thread stands at the address, a link leads to what a merge would do.
    """
    if wants_json():
        return refusal
    page = rights.page(session(), g.moderator_id, page_id)
    other = refusal.details.get("page_id")
    merge_url = url_for("pages.preview", page_id=page_id, into=other) if other else ""
    shown = page_of(page, problems={form: messages.told(refusal)}, merge_url=merge_url)
    return RefusedWithPage(refusal, shown)


def _change(page_id: int, form: str, act: Callable[..., Page], **what: Any) -> Response:
    try:
        with transaction() as current:
            act(
                session=current,
                runtime=runtime(),
                moderator_id=g.moderator_id,
                actor=g.moderator_name,
                page_id=page_id,
                **what,
            )
    except CORRECTABLE as refusal:
        raise refused(page_id, form, refusal) from None
    return redirect(url_for("pages.one", page_id=page_id, done=form), 303)


@pages.post("/<id:page_id>/title")
def retitle(page_id: int) -> Response:
    """Give a page another title."""
    return _change(page_id, "title", edit_page.retitle, title=request.form.get("title", ""))


@pages.post("/<id:page_id>/address")
def move(page_id: int) -> Response:
    """Give a page another address; the one before goes on leading to its thread."""
    return _change(page_id, "address", edit_page.readdress, url=request.form.get("url", ""))


@pages.post("/<id:page_id>/aliases")
def add_alias(page_id: int) -> Response:
    """Have a page known under another address too."""
    return _change(page_id, "alias", edit_page.add_alias, url=request.form.get("url", ""))


@pages.post("/<id:page_id>/aliases/<id:alias_id>/remove")
def remove_alias(page_id: int, alias_id: int) -> Response:
    """Take another address from a page."""
    return _change(page_id, "removed", edit_page.remove_alias, alias_id=alias_id)


@pages.post("/<id:page_id>/look")
@limiter.limit(SIGN_IN)
def look(page_id: int) -> Response | str:
    """Fetch the page and say which other address it gives itself; nothing is changed."""
    url = rights.page(session(), g.moderator_id, page_id).url
    session().rollback()  # nobody waits for another server with a transaction open
    looked, problem = None, ""
    try:
        fetched = fetching.fetch(url, guard=True)
    except fetching.FetchError as error:
        problem = _("%(url)s could not be fetched. %(why)s", url=url, why=error.to_owner)
    else:
        looked = find_address(
            session=session(),
            runtime=runtime(),
            page_id=page_id,
            fetched=fetched,
            moderator_id=g.moderator_id,
        )
    page = rights.page(session(), g.moderator_id, page_id)
    return page_of(page, looked=looked, problems={"look": problem} if problem else None)
