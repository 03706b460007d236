"""Posts on Mastodon and Bluesky whose replies a page shows; and pages without comments."""

from collections.abc import Sequence

from flask import g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from comment_service import fetching
from comment_service.actions.pages import syndicate
from comment_service.errors import InvalidFields, OriginUnknown
from comment_service.storage.admin import rights
from comment_service.storage.db.session import session, transaction
from comment_service.text.linked_page import UnreadablePageError
from comment_service.text.syndication import PostAddress, named_posts
from comment_service.web.http import messages
from comment_service.web.http.context import runtime
from comment_service.web.http.rate_limits import SIGN_IN, limited
from comment_service.web.moderation import site_context
from comment_service.web.pages.merge import blueprint
from comment_service.web.pages.views import apply, refused_list, render_page

__all__ = ["blueprint"]  # the blueprint of views.py with this module's routes added


@blueprint.post("/")
def add_page() -> Response:
    """Add a page before its first comment, and show its settings."""
    site = site_context.requested_site(g.rights.sites)
    try:
        with transaction() as current:
            page = syndicate.add_page(
                session=current, runtime=runtime(), site=site, url=request.form.get("url", "")
            )
            page_id = page.id
    except (InvalidFields, OriginUnknown) as refusal:
        raise refused_list(site, refusal) from None
    return redirect(url_for("pages.one", page_id=page_id), 303)


@blueprint.post("/<id:page_id>/threads")
def add_thread(page_id: int) -> Response:
    """Show the replies of a post under the page."""
    return apply(page_id, "thread", syndicate.add, url=request.form.get("thread", ""))


@blueprint.post("/<id:page_id>/threads/<id:thread_id>/remove")
def remove_thread(page_id: int, thread_id: int) -> Response:
    """Show no more replies of a post; those that are here stay or go."""
    keep = request.form.get("replies") != "withdraw"
    done = "thread-removed" if keep else "thread-withdrawn"
    return apply(page_id, done, syndicate.remove, thread_id=thread_id, keep_replies=keep)


@blueprint.post("/<id:page_id>/threads/<id:thread_id>/read")
@limited(SIGN_IN)
def read_thread(page_id: int, thread_id: int) -> Response:
    """Have the worker read the replies of a post now."""
    return apply(page_id, "thread-read", syndicate.read_now, thread_id=thread_id)


@blueprint.post("/<id:page_id>/threads/find")
@limited(SIGN_IN)
def find_threads(page_id: int) -> Response | str:
    """Fetch the page and show the replies of the posts that it names."""
    page = rights.require_page(session(), g.moderator_id, page_id)
    url = page.url
    session().rollback()  # do not keep a transaction open while waiting for another server
    problem = ""
    try:
        fetched = fetching.fetch_page(url, guard=True)
        named = named_posts(fetched.html, fetched.url) if fetched.status == 200 else ()
    except (fetching.FetchError, UnreadablePageError) as error:
        why = error.to_owner if isinstance(error, fetching.FetchError) else str(error)
        problem = _("%(url)s could not be fetched. %(why)s", url=url, why=messages.told(why))
    else:
        if fetched.status != 200:
            problem = _("The page answers with %(status)s.", status=fetched.status)
        elif not _add_named(page_id, named):
            problem = _("The page names no other post on Mastodon or Bluesky.")
    if problem:
        page = rights.require_page(session(), g.moderator_id, page_id)
        return render_page(page, problems={"thread": problem})
    return redirect(url_for("pages.one", page_id=page_id, done="thread"), 303)


def _add_named(page_id: int, named: Sequence[PostAddress]) -> int:
    with transaction() as current:
        return syndicate.add_named(
            session=current,
            runtime=runtime(),
            page_id=page_id,
            named=named,
            actor=g.moderator_name,
            moderator_id=g.moderator_id,
        )
