"""A site's pages: list, titles, URLs and aliases."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from comment_service import fetching
from comment_service.actions.pages import edit_page, send_webmentions
from comment_service.actions.pages.canonical_address import AddressCheck, check_address
from comment_service.errors import AlreadyDone, InvalidFields, OriginUnknown, Refusal
from comment_service.storage.admin import rights
from comment_service.storage.comments import webmentions
from comment_service.storage.db.session import session, transaction
from comment_service.storage.pages import page_lists, sent_webmentions, syndicated_threads
from comment_service.storage.tables import Page, Site
from comment_service.web.http import messages
from comment_service.web.http.context import id_argument, runtime, wants_json
from comment_service.web.http.rate_limits import SIGN_IN, limited
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.moderation import site_context
from comment_service.web.moderation.queue_views import require_moderator

blueprint = Blueprint("pages", __name__, url_prefix="/moderation/pages")
blueprint.before_request(require_moderator)

CHANGES_SHOWN = 20
"""Number of log entries shown on a page's page."""
TOLD_SHOWN = 200
"""Number of links shown that were told of a page."""
CORRECTABLE = (InvalidFields, AlreadyDone, OriginUnknown)
"""Refusals after which the form is shown again with the submitted values."""


@blueprint.get("/")
def show() -> str:
    """List a site's pages, and pages that look like the same post."""
    return render_list(site_context.requested_site(g.rights.sites))


def refused_list(site: Site, refusal: Refusal) -> RefusedWithPage | Refusal:
    """Return the list with the address that could not be added, and why."""
    if wants_json():
        return refusal
    return RefusedWithPage(refusal, render_list(site, messages.full_refusal_text(refusal)))


def render_list(site: Site, problem: str = "") -> str:
    """Return a site's list of pages; ``problem`` is why a page could not be added."""
    words = request.args.get("q", "").strip()[:300]
    before, limit = id_argument("before"), runtime().settings.page_size
    found = page_lists.search_pages(session(), site.id, words=words, before=before, limit=limit)
    unfiltered = not words and before is None
    following = found.following
    return site_context.render_page(
        "pages/pages",
        site=site,
        sites=rights.allowed_sites(session(), g.rights.sites),
        asked=words,
        problem=problem,
        typed=request.form.get("url", "") if problem else "",
        pages=found.pages,
        twins=page_lists.twins(session(), site.id) if unfiltered else (),
        next_url=url_for("pages.show", site=site.key, q=words or None, before=following)
        if following
        else "",
    )


@blueprint.get("/<id:page_id>")
def one(page_id: int) -> str:
    """Show a page with its URLs and all actions."""
    return render_page(rights.require_page(session(), g.moderator_id, page_id))


def render_page(
    page: Page,
    *,
    problems: Mapping[str, str] | None = None,
    merge_url: str = "",
    looked: AddressCheck | None = None,
) -> str:
    """Return a page's page; ``problems`` maps form → error."""
    aliases, following = page_lists.aliases(
        session(), page.id, before=id_argument("before"), limit=runtime().settings.page_size
    )
    shown_threads = syndicated_threads.of_page(session(), page.id)
    telling = sent_webmentions.find(session(), page.site_id, page.url)
    return site_context.render_page(
        "pages/page",
        page=page,
        site=page.site,
        aliases=aliases,
        next_url=url_for("pages.one", page_id=page.id, before=following) if following else "",
        telling=telling,
        threads=shown_threads,
        reply_counts=webmentions.count_replies(session(), [one.id for one in shown_threads]),
        told=sent_webmentions.sent(session(), telling.id, TOLD_SHOWN) if telling else (),
        changes=page_lists.changes(session(), page, CHANGES_SHOWN),
        problems=problems or {},
        typed=request.values if problems else {},
        merge_url=merge_url,
        looked=looked,
        done=request.args.get("done", ""),
    )


def refused_form(page_id: int, form: str, refusal: Refusal) -> RefusedWithPage | Refusal:
    """Return a form with the submitted values and its error.

    If another page has the URL, a link leads to the preview of a merge.
    """
    if wants_json():
        return refusal
    page = rights.require_page(session(), g.moderator_id, page_id)
    other_id = refusal.details.get("page_id")
    merge_url = url_for("pages.preview", page_id=page_id, into=other_id) if other_id else ""
    html = render_page(
        page, problems={form: messages.full_refusal_text(refusal)}, merge_url=merge_url
    )
    return RefusedWithPage(refusal, html)


def apply(page_id: int, form: str, action: Callable[..., object], **values: Any) -> Response:
    """Run an action on a page, and show the page again with its result or the refusal."""
    try:
        with transaction() as current:
            action(
                session=current,
                runtime=runtime(),
                moderator_id=g.moderator_id,
                actor=g.moderator_name,
                page_id=page_id,
                **values,
            )
    except CORRECTABLE as refusal:
        raise refused_form(page_id, form, refusal) from None
    return redirect(url_for("pages.one", page_id=page_id, done=form), 303)


@blueprint.post("/<id:page_id>/title")
def retitle(page_id: int) -> Response:
    """Change a page's title."""
    return apply(page_id, "title", edit_page.retitle, title=request.form.get("title", ""))


@blueprint.post("/<id:page_id>/address")
def move(page_id: int) -> Response:
    """Change a page's URL; the old URL still leads to its thread."""
    return apply(page_id, "address", edit_page.change_address, url=request.form.get("url", ""))


@blueprint.post("/<id:page_id>/aliases")
def add_alias(page_id: int) -> Response:
    """Add another URL (alias) to a page."""
    return apply(page_id, "alias", edit_page.add_alias, url=request.form.get("url", ""))


@blueprint.post("/<id:page_id>/aliases/<id:alias_id>/remove")
def remove_alias(page_id: int, alias_id: int) -> Response:
    """Remove an alias."""
    return apply(page_id, "removed", edit_page.remove_alias, alias_id=alias_id)


@blueprint.post("/<id:page_id>/webmentions")
def send(page_id: int) -> Response:
    """Have the worker tell every site that the page links to."""
    page = rights.require_page(session(), g.moderator_id, page_id)
    try:
        with transaction() as current:
            page = rights.require_page(current, g.moderator_id, page_id)
            send_webmentions.order(session=current, runtime=runtime(), site=page.site, url=page.url)
    except CORRECTABLE as refusal:
        raise refused_form(page_id, "webmentions", refusal) from None
    return redirect(url_for("pages.one", page_id=page_id, done="webmentions"), 303)


@blueprint.post("/<id:page_id>/look")
@limited(SIGN_IN)
def look(page_id: int) -> Response | str:
    """Fetch the page and show the canonical URL that it states; nothing is changed."""
    url = rights.require_page(session(), g.moderator_id, page_id).url
    session().rollback()  # do not keep a transaction open while waiting for another server
    looked, problem = None, ""
    try:
        fetched = fetching.fetch_page(url, guard=True)
    except fetching.FetchError as error:
        problem = _(
            "%(url)s could not be fetched. %(why)s", url=url, why=messages.told(error.to_owner)
        )
    else:
        looked = check_address(
            session=session(),
            runtime=runtime(),
            page_id=page_id,
            fetched=fetched,
            moderator_id=g.moderator_id,
        )
    page = rights.require_page(session(), g.moderator_id, page_id)
    return render_page(page, looked=looked, problems={"look": problem} if problem else None)
