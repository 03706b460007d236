"""Public views to read a thread: fragment, page without script, likers, privacy."""

import secrets
from collections.abc import Callable
from dataclasses import replace

from flask import Blueprint, Response, current_app, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotFound

from comment_service.actions.comments.request_subscription import subscriptions_available
from comment_service.errors import CommentNotFound
from comment_service.screening import model_cache
from comment_service.screening.classifier import thresholds
from comment_service.storage.admin import rights, rules
from comment_service.storage.comments import likes
from comment_service.storage.db import outbox
from comment_service.storage.db.session import session
from comment_service.storage.pages import pages
from comment_service.storage.readers import subscriptions
from comment_service.storage.tables import DELETED, PENDING, PUBLISHED, Comment, Page
from comment_service.web.comments import (
    avatars,
    json_ld,
    own_comments,
    presenters,
    script_bundle,
)
from comment_service.web.comments import render as rendered
from comment_service.web.comments.login_options import sign_in_options, sign_in_url
from comment_service.web.comments.presenters import ThreadQuery
from comment_service.web.comments.view_models import FormView, ThreadView
from comment_service.web.http import embeds, place, shared_cache
from comment_service.web.http.context import id_argument, language, runtime
from comment_service.web.http.place import PageRef
from comment_service.web.http.viewer import current_moderator, current_viewer

blueprint = Blueprint("thread", __name__)
LIKERS_SHOWN = 100
_SCRIPT_SECONDS = 3600
_NOTICES = {
    PUBLISHED: _l("Your comment is published."),
    "edited": _l("Your comment was updated."),
    DELETED: _l("Your comment was deleted."),
}


@blueprint.get("/embed.js")
def embed() -> Response:
    """Serve the embed script; browsers keep it for at most an hour."""
    answer = script_bundle.script_response(str(current_app.static_folder))
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cache-Control"] = f"public, max-age={_SCRIPT_SECONDS}"
    answer.make_conditional(request)
    return answer


@blueprint.get("/thread")
def fragment() -> Response:
    """Serve a thread as a fragment that anyone may cache until its next revision.

    ``static=1`` is for static sites: absolute URLs, and JSON-LD.
    """
    at = place.page_ref(request.args)
    embeds.note(at.site.id, at.url)
    part = rendered.static_fragment if request.args.get("static") else rendered.fragment
    return _cacheable(at, part)


@blueprint.get("/thread.html")
def thread_page() -> Response:
    """Serve a thread as a page with working forms, or one page of results of it (``part=1``)."""
    at = _requested_page(id_argument("focus") or id_argument("reply"))
    if request.args.get("part"):
        return _cacheable(at, rendered.results_fragment)
    answer = make_response(render_page(at))
    answer.headers["Cache-Control"] = "private, no-store"  # it contains the reader's own form
    return answer


def _requested_page(comment_id: int | None) -> PageRef:
    """Return the page that a request names, or the page of the comment that it names alone.

    Raises:
        CommentNotFound: the viewer may not see the comment.
    """
    if comment_id is None or "site" in request.args:
        return place.page_ref(request.args)
    comment = session().get(Comment, comment_id)
    if comment is None or not (comment.shown or _is_own(comment)):
        raise CommentNotFound("This comment is gone.")
    return place.page_ref(MultiDict({"site": comment.page.site.key, "url": comment.page.url}))


def _is_own(comment: Comment) -> bool:
    return comment.author_id == current_viewer(comment.site_id).author_id


def render_page(at: PageRef, form: FormView | None = None) -> str:
    """Return the page of a thread; ``form`` is given to show submitted values again."""
    query, viewer = rendered.thread_query(), current_viewer(at.site.id)
    if own_comments.unseen_comment(at, viewer, query.focus):
        query = replace(query, focus=None)  # the whole thread contains it
    view = own_comments.with_unseen_comments(at, viewer, rendered.load(at, query))
    view = replace(view, mine=own_comments.of_page(at, viewer))
    data = json_ld.script(view)
    form = form or own_form(at, view)
    return render_template("comments/comments/page.html", thread=view, form=form, structured=data)


def own_form(at: PageRef, view: ThreadView) -> FormView | None:
    """Return the reader's own form; a reply form if the query string names a comment."""
    if view.closed:
        return None
    parent, viewer = None, current_viewer(at.site.id)
    reply = id_argument("reply")
    if reply is not None:
        parent = own_comments.unseen_comment(at, viewer, reply) or rendered.require_shown(
            pages.find(session(), at.site.id, at.url), reply
        )
    form = presenters.reader_form(at, viewer, secrets.token_urlsafe(18), parent)
    posted = request.args.get("posted", "")
    kind = PUBLISHED if posted in _NOTICES else PENDING if posted else ""
    notice = submission_notice(posted, notify=bool(request.args.get("notify")))
    help_url = sign_in_url(at) if kind == PENDING and not form.account else ""
    return replace(form, notice=notice, notice_kind=kind, help_url=help_url)


def submission_notice(status: str, *, notify: bool) -> str:
    """Return the notice for a comment that was just sent, "" for none.

    With ``notify`` it explains the confirmation mail, in the same words whether or not the address
    is known.
    """
    words = _("Thanks! Your comment is awaiting moderation.")
    words = _NOTICES.get(status, words) if status else ""
    if status and notify:
        words += " " + _(
            "Once your comment is public, an e-mail asks you to confirm your address, unless you "
            "did so before. Nothing else is sent until then."
        )
    return str(words)


def _cacheable(
    at: PageRef, make: Callable[[PageRef, Page | None, ThreadQuery], rendered.Part]
) -> Response:
    """Answer with an ETag; 304 if the client has the current version, and nothing is rendered."""
    query = rendered.thread_query()
    page = pages.find(session(), at.site.id, at.url)
    shared_cache.share_page(at.site, page, is_first=query.is_first)
    part = make(at, page, query)
    known = shared_cache.is_current(part.tag)
    answer = Response(status=304) if known else Response(part.render(), mimetype="text/html")
    answer.set_etag(part.tag)
    shared_cache.cache_while_fresh(answer, at.site, page)
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Vary"] = "Accept-Encoding, Accept-Language"
    return answer


@blueprint.get("/likers")
def likers() -> Response:
    """Serve who liked a comment or the page, as a page or as a dialog fragment (``part=1``).

    A shadow-banned reader gets an answer of their own, in which they are.
    """
    comment_id = id_argument("comment")
    at = _requested_page(comment_id)
    thread = pages.find(session(), at.site.id, at.url)
    comment: Comment | None = None
    unseen: Comment | None = None
    viewer = current_viewer(at.site.id)
    if comment_id is not None:
        unseen = own_comments.unseen_comment(at, viewer, comment_id)
        comment = unseen or rendered.require_shown(thread, comment_id)
    _require_visible_likers(at, thread)
    found, count = likes.likers(session(), thread, comment, LIKERS_SHOWN, runtime().now())
    own = own_comments.unseen_liker(at, viewer, comment_id)
    if own is not None:
        found, count = [own, *found], count + 1
    personal = own is not None or unseen is not None
    code, direction = language()
    template = (
        "comments/comments/_likers.html"
        if request.args.get("part")
        else "comments/comments/likers.html"
    )
    html = render_template(
        template,
        likers=[avatars.liker_view(author) for author in found],
        count=count,
        label=rendered.like_label(count, of_page=comment is None),
        back_url=presenters.thread_url(at, "thread_page"),
        locale=code,
        direction=direction,
    )
    answer = make_response(html)
    if presenters.page_rules(at, thread).likers == "everyone" and not personal:
        answer.headers["Cache-Control"] = "public, max-age=0, must-revalidate"
        answer.headers["Access-Control-Allow-Origin"] = "*"
        answer.headers["Vary"] = "Accept-Language"
    return answer


def _require_visible_likers(at: PageRef, thread: Page | None) -> None:
    """Check that the rules show likers to this viewer.

    Raises:
        NotFound: they do not.
    """
    who = presenters.page_rules(at, thread).likers
    moderator = current_moderator() if who == "moderators" else None
    allowed = (
        rights.rights_of(session(), moderator.id).moderates(at.site.id) if moderator else False
    )
    if who != "everyone" and not allowed:
        raise NotFound


@blueprint.get("/privacy")
def privacy() -> str:
    """Serve "how your comment data is processed", based on the current settings."""
    at = place.page_ref(request.args)
    state = runtime()
    code, direction = language()
    model, _why = model_cache.active_model_or_reason(session(), state, at.site.id)
    applied = rules.of_site(state.settings, at.site)
    facts = {
        "site_name": at.site.name,
        "spam_days": state.settings.spam_days,
        "elsewhere": applied.webmentions or applied.syndication,
        "retention_days": state.settings.network_days or None,
        "accounts": bool(sign_in_options({"site": at.site.key, "url": at.url})),
        "account_days": round(state.settings.account_days),
        "mail_days": outbox.KEEP_DELIVERED.days,
        "network": _("a keyed hash that only this server can make"),
        "model": model.model_id if model else _("none at the moment"),
        "hold_percent": round(thresholds(applied, model)[0] * 100),
        "gravatar": state.settings.gravatar,
        "notify": bool(state.settings.mail_to),
        "subscriptions": subscriptions_available(state),
        "kept_days": subscriptions.KEPT.days,
        "edit_minutes": applied.edit_minutes,
    }
    return render_template(
        "comments/comments/privacy.html",
        privacy=facts,
        locale=code,
        direction=direction,
        back_url=at.url,
        account_url=url_for("account.show", site=at.site.key),
    )
