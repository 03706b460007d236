"""Refusals and failures → answers: the only place that knows HTTP's status codes.

A program gets ``{"error": {"code", "message", "fields"}}``; a person gets a page, with the form
and everything they had typed where they had typed anything.
"""

import logging
import secrets
from dataclasses import replace

from flask import (
    Flask,
    Response,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException, TooManyRequests
from werkzeug.wrappers import Response as AnyResponse

from comment_service import errors
from comment_service.storage.db.session import StorageError, session
from comment_service.web.comments import presenters, thread_views
from comment_service.web.comments.view_models import FormView
from comment_service.web.http import messages, place
from comment_service.web.http.context import language, runtime, wants_json
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.http.viewer import current_viewer

_log = logging.getLogger(__name__)

STATUS: dict[type[errors.Refusal], int] = {
    errors.TooLarge: 413,
    errors.StaleForm: 422,
    errors.InvalidFields: 422,
    errors.KeyReused: 409,
    errors.Unacceptable: 400,
    errors.PageClosed: 403,
    errors.SignInRequired: 401,
    errors.NotAllowed: 403,
    errors.LinkSpent: 410,
    errors.NotThere: 404,
    errors.AlreadyDone: 409,
    errors.TooOften: 429,
    errors.Refusal: 400,
}


def status_of(refusal: errors.Refusal) -> int:
    """Return the HTTP status of a refusal, by the nearest class that has one."""
    return next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)


def register(app: Flask) -> None:
    """Have every refusal and failure answered here."""
    app.register_error_handler(errors.Refusal, refused)
    app.register_error_handler(RefusedWithPage, refused_with_page)
    app.register_error_handler(TooManyRequests, too_many)
    app.register_error_handler(HTTPException, http_failed)
    app.register_error_handler(StorageError, storage_failed)
    app.register_error_handler(Exception, failed)


_LONG = ("text", "note", "values")
"""Fields in which people write more than a word."""


def refused(refusal: errors.Refusal) -> AnyResponse:
    """Answer a refusal."""
    session().rollback()
    status = status_of(refusal)
    if isinstance(refusal, errors.SignInRequired) and not wants_json():
        wanted = request.script_root + request.full_path if request.method == "GET" else None
        return redirect(url_for("signin.sign_in", next=wanted))
    answer = _answer(status, refusal.code, messages.said(refusal), messages.fields(refusal))
    if "retry_after" in refusal.details:
        answer.headers["Retry-After"] = str(refusal.details["retry_after"])
    return answer


def refused_with_page(error: RefusedWithPage) -> AnyResponse:
    """Send the page that a view rendered for a refusal."""
    error.response.status_code = status_of(error.refusal)
    return error.response


def too_many(_error: TooManyRequests) -> AnyResponse:
    """Answer where a limit of requests is exceeded."""
    message = _("Too many requests from your network. Wait a minute; what you typed is kept.")
    answer = _answer(429, errors.TooOften.code, message, {})
    answer.headers["Retry-After"] = "60"
    return answer


def http_failed(error: HTTPException) -> AnyResponse:
    """Answer what Flask itself refuses: an unknown address, a body that is too large."""
    if error.code is not None and 300 <= error.code < 400:
        return make_response(error.get_response())
    message = {
        404: _("There is nothing at this address."),
        413: _("That is larger than a comment can be. Shorten it and send it again."),
    }.get(error.code or 500, error.description or error.name)
    return _answer(error.code or 500, error.name.lower().replace(" ", "_"), message, {})


def storage_failed(error: Exception) -> AnyResponse:
    """Answer where the database cannot be written or read: nothing typed is lost."""
    _log.exception("the database failed", exc_info=error)
    session().rollback()
    message = _("The server could not store this just now. Your text is kept: send it again soon.")
    return _answer(503, "storage_failed", message, {}, plain=True)


def failed(error: Exception) -> AnyResponse:
    """Answer a mistake of ours."""
    _log.exception("a request failed", exc_info=error)
    session().rollback()
    message = _("Something went wrong on the server. Your text is kept: send it again soon.")
    return _answer(500, "failed", message, {}, plain=True)


def _answer(
    status: int, code: str, message: str, fields: dict[str, list[str]], *, plain: bool = False
) -> Response:
    """Answer a program or a person; ``plain`` pages ask nothing of the database."""
    if wants_json():
        answer = jsonify(error={"code": code, "message": message, "fields": fields})
    elif request.endpoint == "api.submit" and status != 413:
        kept = _typed(message, fields, code)
        answer = make_response(_error_page(message, kept) if plain else _form_again(message, kept))
    else:
        typed = _typed(message, fields, code)
        answer = make_response(_error_page(message, typed if typed.text else None))
    answer.status_code = status
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _typed(message: str, fields: dict[str, list[str]], code: str) -> FormView:
    """Return the form as it was sent, with what was wrong."""
    sent = request.form
    problems = {k: v for k, v in fields.items() if k}
    return FormView(
        action=url_for("api.submit"),
        token="",
        key=sent.get("key", ""),
        parent_id=None if code == errors.CommentGone.code else sent.get("parent", type=int),
        text=next((sent[name] for name in _LONG if sent.get(name)), ""),
        name=sent.get("name", ""),
        email=sent.get("email", ""),
        url=sent.get("website", ""),
        notify=sent.get("notify", ""),
        max_length=runtime().settings.max_length,
        errors=problems,
        notice=message,
        notice_kind="error",
    )


def _form_again(message: str, kept: FormView) -> str:
    """Show the thread's page with the form as it was sent; without a known page, the text alone."""
    try:
        at = place.place(request.form)
        fresh = presenters.form(at, current_viewer(at.site.id), secrets.token_urlsafe(18))
        form = replace(
            kept,
            token=fresh.token,
            key=fresh.key,
            account=fresh.account,
            log_out_url=fresh.log_out_url,
            account_url=fresh.account_url,
            sign_out_url=fresh.sign_out_url,
            privacy_url=fresh.privacy_url,
            notify_offered=fresh.notify_offered,
            subscribe_url=fresh.subscribe_url,
            cancel_url=presenters.link(at, "thread_page") if kept.parent_id else "",
        )
        return thread_views.page(at, form)
    except errors.Refusal:
        return _error_page(message, kept)


def _error_page(message: str, kept: FormView | None) -> str:
    """Return a page with a message, and the typed text to copy."""
    code, direction = language()
    return render_template(
        "comments/error.html",
        title=_("That did not work"),
        message=message,
        form=kept,
        locale=code,
        direction=direction,
    )
