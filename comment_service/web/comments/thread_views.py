"""The public doors for reading: the fragment, the page without a script, who liked, privacy."""

import secrets
from dataclasses import replace

from flask import Blueprint, Response, current_app, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import NotFound

from comment_service.actions.comments.request_subscription import subscriptions_available
from comment_service.screening import model_cache
from comment_service.screening.classifier import thresholds
from comment_service.storage.admin import rights, rules
from comment_service.storage.comments import likes
from comment_service.storage.db import outbox
from comment_service.storage.db.session import session
from comment_service.storage.pages import pages
from comment_service.storage.readers import subscriptions
from comment_service.storage.tables import DELETED, PENDING, PUBLISHED, Comment, Page
from comment_service.web.comments import avatars, json_ld, own_comments, presenters, script_bundle
from comment_service.web.comments import render as rendered
from comment_service.web.comments.login_options import log_in_url, ways_in
from comment_service.web.comments.view_models import FormView, ThreadView
from comment_service.web.http import place
from comment_service.web.http.context import language, number, runtime
from comment_service.web.http.place import Place
from comment_service.web.http.viewer import current_moderator, current_viewer

widget = Blueprint("widget", __name__)
LIKERS_SHOWN = 100
_SCRIPT_SECONDS = 3600
_DONE = {
    PUBLISHED: _l("Your comment is published."),
    "edited": _l("Your comment is changed."),
    DELETED: _l("Your comment is deleted."),
}


@widget.get("/embed.js")
def embed() -> Response:
    """Serve the script that a blogger pastes; an hour old at most in a browser."""
    answer = script_bundle.script(str(current_app.static_folder))
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cache-Control"] = f"public, max-age={_SCRIPT_SECONDS}"
    answer.make_conditional(request)
    return answer


@widget.get("/thread")
def fragment() -> Response:
    """Serve a thread as a fragment that anyone may cache until its next revision.

    With ``static=1`` it is one for a page that is built beforehand: whole addresses, and JSON-LD.
    """
    at = place.place(request.args)
    built = bool(request.args.get("static"))
    html, tag = (rendered.built if built else rendered.fragment)(at, rendered.asked())
    return _cacheable(html, tag)


@widget.get("/thread.html")
def thread_page() -> Response:
    """Serve a thread as a page with working forms, or one stretch of it (``part=1``)."""
    at = place.place(request.args)
    if request.args.get("part"):
        html, tag = rendered.stretch(at, rendered.asked())
        return _cacheable(html, tag)
    answer = make_response(page(at))
    answer.headers["Cache-Control"] = "private, no-store"  # it holds the reader's own form
    return answer


def page(at: Place, form: FormView | None = None) -> str:
    """Return the page of a thread; ``form`` gives back what was typed."""
    view = rendered.load(at, rendered.asked())
    view = replace(view, mine=own_comments.of_page(at, current_viewer(at.site.id)))
    data = json_ld.script(view)
    form = form or own_form(at, view)
    return render_template("comments/comments/page.html", thread=view, form=form, structured=data)


def own_form(at: Place, view: ThreadView) -> FormView | None:
    """Return the reader's own form, as an answer where the address names a comment."""
    if view.closed:
        return None
    parent = None
    reply = number("reply")
    if reply is not None:
        parent = rendered.shown(pages.find(session(), at.site.id, at.url), reply)
    form = presenters.form(at, current_viewer(at.site.id), secrets.token_urlsafe(18), parent)
    posted = request.args.get("posted", "")
    kind = PUBLISHED if posted in _DONE else PENDING if posted else ""
    notice = outcome(posted, notify=bool(request.args.get("notify")))
    helps = log_in_url(at) if kind == PENDING and not form.account else ""
    return replace(form, notice=notice, notice_kind=kind, help_url=helps)


def outcome(status: str, *, notify: bool) -> str:
    """Return the notice for a comment that was just sent, "" for none.

    With ``notify`` it says what comes by mail: the same whatever is known of the address.
    """
    words = _("Thank you. Your comment is kept and waits for a moderator.")
    words = _DONE.get(status, words) if status else ""
    if status and notify:
        words += " " + _(
            "Unless you confirmed your address here before, a mail asks you to, once your comment "
            "is public. Nothing else is sent until then."
        )
    return str(words)


def _cacheable(html: str, tag: str) -> Response:
    """Answer with a tag, packed once, or with nothing where the asker has this already."""
    answer = script_bundle.fragment(html, tag)
    answer.headers["Cache-Control"] = "public, max-age=0, must-revalidate"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Vary"] = "Accept-Encoding, Accept-Language"
    answer.make_conditional(request)
    return answer


@widget.get("/likers")
def likers() -> Response:
    """Serve who liked a comment or the page, as a page or for a dialog (``part=1``)."""
    at = place.place(request.args)
    thread = pages.find(session(), at.site.id, at.url)
    comment_id = number("comment")
    comment: Comment | None = None
    if comment_id is not None:
        comment = rendered.shown(thread, comment_id)
    _may_see_likers(at, thread)
    found, count = likes.likers(session(), thread, comment, LIKERS_SHOWN, runtime().now())
    code, direction = language()
    template = (
        "comments/comments/_likers.html"
        if request.args.get("part")
        else "comments/comments/likers.html"
    )
    html = render_template(
        template,
        likers=[avatars.liker(author) for author in found],
        count=count,
        label=rendered.like_words(count, of_page=comment is None),
        back_url=presenters.link(at, "thread_page"),
        locale=code,
        direction=direction,
    )
    answer = make_response(html)
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def _may_see_likers(at: Place, thread: Page | None) -> None:
    """Refuse where the rules keep who liked from this reader.

    Raises:
        NotFound: for a reader, there is no such list.
    """
    who = presenters.rules(at, thread).likers
    moderator = current_moderator() if who == "moderators" else None
    may = rights.of(session(), moderator.id).moderates(at.site.id) if moderator else False
    if who != "everyone" and not may:
        raise NotFound


@widget.get("/privacy")
def privacy() -> str:
    """Serve "how your comment data is processed", made from the actual settings."""
    at = place.place(request.args)
    state = runtime()
    code, direction = language()
    model, _why = model_cache.active_or_why(session(), state, at.site.id)
    told = {
        "site_name": at.site.name,
        "retention_days": state.settings.network_days or None,
        "accounts": bool(ways_in({"site": at.site.key, "url": at.url})),
        "account_days": round(state.settings.account_days),
        "mail_days": outbox.KEPT.days,
        "network": _("a keyed hash that only this server can make"),
        "model": model.model_id if model else _("none at the moment"),
        "hold_percent": round(thresholds(rules.of_site(state.settings, at.site), model)[0] * 100),
        "gravatar": state.settings.gravatar,
        "notify": bool(state.settings.mail_to),
        "subscriptions": subscriptions_available(state),
        "kept_days": subscriptions.KEPT.days,
        "edit_minutes": rules.of_site(state.settings, at.site).edit_minutes,
    }
    return render_template(
        "comments/comments/privacy.html",
        privacy=told,
        locale=code,
        direction=direction,
        back_url=at.url,
        account_url=url_for("account.show", site=at.site.key),
    )
