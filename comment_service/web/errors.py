"""Convert refusals and failures to HTTP answers: the only module that knows HTTP status codes.

Clients of the JSON API get problem details; other JSON clients get
``{"error": {"code", "message", "fields"}}``; browsers get a page that includes the form and
everything the reader typed.
"""

import logging
import secrets
from collections.abc import Mapping
from dataclasses import replace

from flask import (
    Flask,
    Response,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException, MethodNotAllowed, TooManyRequests
from werkzeug.wrappers import Response as AnyResponse

from comment_service import errors
from comment_service.storage.admin import rights
from comment_service.storage.db.postgresql import replica
from comment_service.storage.db.session import StorageError, describe, session
from comment_service.text.sentences import staff_sentence
from comment_service.web.comments import presenters, thread_views
from comment_service.web.comments.view_models import FormView
from comment_service.web.http import embeds, form_token, messages, place, problems
from comment_service.web.http.context import language, runtime, wants_json
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.http.viewer import current_moderator, current_viewer

_log = logging.getLogger(__name__)

STATUS: dict[type[errors.Refusal], int] = {
    errors.TooLarge: 413,
    errors.StaleForm: 422,
    errors.InvalidFields: 422,
    errors.IdempotencyKeyReused: 409,
    errors.Unacceptable: 400,
    errors.PageClosed: 403,
    errors.SignInRequired: 401,
    errors.KeyRequired: 401,
    errors.NotAllowed: 403,
    errors.LinkExpired: 410,
    errors.DoesNotExist: 404,
    errors.AlreadyDone: 409,
    errors.RateLimited: 429,
    errors.ServerBusy: 503,
    errors.FilterUnavailable: 503,
    errors.Refusal: 400,
}


def status_of(refusal: errors.Refusal) -> int:
    """Return the HTTP status of a refusal: that of its nearest base class in ``STATUS``."""
    return next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)


def register(app: Flask) -> None:
    """Register the error handlers of this module."""
    app.register_error_handler(errors.Refusal, refused)
    app.register_error_handler(RefusedWithPage, refused_with_page)
    app.register_error_handler(TooManyRequests, too_many)
    app.register_error_handler(HTTPException, http_failed)
    app.register_error_handler(StorageError, storage_failed)
    app.register_error_handler(Exception, failed)


_LONG_TEXT_FIELDS = ("text", "note", "values")
"""Form fields with longer texts, which an error page gives back."""


def refused(refusal: errors.Refusal) -> AnyResponse:
    """Answer a refusal."""
    _roll_back()
    status = status_of(refusal)
    if isinstance(refusal, errors.OriginUnknown) and refusal.site_id:
        embeds.note(refusal.site_id, refusal.page_url)
        g.comments_remedy = _owner_remedy(refusal)
    if problems.is_asked():
        return _with_retry(_api_problem(status, refusal), refusal)
    if isinstance(refusal, errors.SignInRequired) and not wants_json():
        next_url = request.script_root + request.full_path if request.method == "GET" else None
        return redirect(url_for("staff_login.sign_in", next=next_url))
    answer = _answer(
        status, refusal.code, messages.refusal_text(refusal), messages.field_errors(refusal)
    )
    return _with_retry(answer, refusal)


_UNREGISTERED = staff_sentence("This origin is not registered for the site; add it:")
_ORIGINS_PAGE = staff_sentence("Sites and origins")


def _owner_remedy(refusal: errors.OriginUnknown) -> Markup:
    """Return where an owner registers the page's origin, "" for anybody else."""
    moderator = current_moderator()
    if moderator is None or not rights.rights_of(session(), moderator.id).owns(refusal.site_id):
        return Markup()
    said, name = (messages.told(words) for words in (_UNREGISTERED, _ORIGINS_PAGE))
    return Markup('{} <a href="{}">{}</a>').format(said, url_for("sites.show"), name)


def _with_retry(answer: Response, refusal: errors.Refusal) -> Response:
    if "retry_after" in refusal.details:
        answer.headers["Retry-After"] = str(refusal.details["retry_after"])
    return answer


def _api_problem(status: int, refusal: errors.Refusal) -> Response:
    """Answer a program, in English."""
    if isinstance(refusal, errors.InvalidFields):
        return problems.problem(
            status, refusal.code, "Some values are not accepted; see errors.", refusal.fields
        )
    return problems.problem(status, refusal.code, refusal.message)


def refused_with_page(error: RefusedWithPage) -> AnyResponse:
    """Send the page that a view rendered for a refusal."""
    error.response.status_code = status_of(error.refusal)
    return error.response


def too_many(_error: TooManyRequests) -> AnyResponse:
    """Answer a request over a rate limit."""
    if problems.is_asked():
        return problems.problem(429, errors.RateLimited.code, "Too many calls; wait a little.")
    message = _("Too many requests from your network. Wait a minute; what you typed is kept.")
    answer = _answer(429, errors.RateLimited.code, message, {})
    answer.headers["Retry-After"] = "60"
    return answer


def http_failed(error: HTTPException) -> AnyResponse:
    """Answer Flask's own errors, such as an unknown URL or a body that is too large."""
    if error.code is not None and 300 <= error.code < 400:
        return make_response(error.get_response())
    if problems.is_asked():
        answer = problems.problem(
            error.code or 500, _code_of(error), error.description or error.name
        )
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            answer.headers["Allow"] = ", ".join(error.valid_methods)
        return answer
    message = {
        404: _("Page not found."),
        413: _("Your comment is too long. Shorten it and send it again."),
    }.get(error.code or 500, error.description or error.name)
    return _answer(error.code or 500, _code_of(error), message, {})


def _code_of(error: HTTPException) -> str:
    return error.name.lower().replace(" ", "_")


def storage_failed(error: Exception) -> AnyResponse:
    """Answer a database error with 503; the page gives the typed text back.

    If the replica failed, the request is answered again (``web/replica_reads.py``).
    """
    if replica.note_failure(error):
        return Response(status=503)
    _log.error("the database failed: %s", describe(error))
    _roll_back()
    if problems.is_asked():
        answer = problems.problem(503, "storage_failed", "The database does not answer; try again.")
        answer.headers["Retry-After"] = "5"
        return answer
    message = _("The server could not store this just now. Your text is kept: send it again soon.")
    answer = _answer(503, "storage_failed", message, {}, plain=True)
    answer.headers["Retry-After"] = "5"
    return answer


def failed(error: Exception) -> AnyResponse:
    """Answer an unexpected exception with 500."""
    _log.exception("a request failed", exc_info=error)
    _roll_back()
    if problems.is_asked():
        return problems.problem(500, "failed", "Something went wrong on the server; its log says.")
    message = _("Something went wrong on the server. Your text is kept: send it again soon.")
    return _answer(500, "failed", message, {}, plain=True)


def _roll_back() -> None:
    """End the transaction; a database that has gone away cannot even do that."""
    try:
        session().rollback()
    except Exception as error:  # the answer must still be sent
        _log.debug("the transaction could not be rolled back: %s", error)  # the failure is logged


def _answer(
    status: int, code: str, message: str, fields: dict[str, list[str]], *, plain: bool = False
) -> Response:
    """Answer with JSON or a page; ``plain`` pages need no database.

    An error handler must not fail: if the page cannot be rendered, a bare one is sent.
    """
    try:
        return _full_answer(status, code, message, fields, plain=plain)
    except Exception as error:  # such as a host name that no URL can be built for
        _log.warning("the page of an error could not be rendered: %s", error)
        return _bare_answer(status, message)


def _bare_answer(status: int, message: str) -> Response:
    """Answer with a page that needs no database, no URL, no body and no template."""
    text = (_parsed_form() or {}).get("text", "")
    typed = Markup('<p><textarea rows="10" cols="60">{}</textarea></p>').format(text)
    page = Markup("<!doctype html><title>{0}</title><p>{0}</p>{1}").format(
        message, typed if text else ""
    )
    answer = Response(str(page), status=status, content_type="text/html; charset=utf-8")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _parsed_form() -> Mapping[str, str] | None:
    """Return the form if it has been read without an error; never read the body."""
    found: Mapping[str, str] | None = vars(request._get_current_object()).get("form")  # type: ignore[attr-defined]
    return found


def _full_answer(
    status: int, code: str, message: str, fields: dict[str, list[str]], *, plain: bool
) -> Response:
    if wants_json():
        answer = jsonify(error={"code": code, "message": message, "fields": fields})
    elif request.endpoint == "comments.submit" and status != 413:
        kept = _submitted_form(message, fields, code)
        answer = make_response(
            _error_page(message, kept) if plain else _refused_form_page(message, kept)
        )
    else:
        typed = _submitted_form(message, fields, code)
        answer = make_response(_error_page(message, typed if typed.text else None))
    answer.status_code = status
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _submitted_form(message: str, fields: dict[str, list[str]], code: str) -> FormView:
    """Return the submitted form with its errors."""
    submitted = MultiDict(_parsed_form() or {})
    problems = {k: v for k, v in fields.items() if k}
    return FormView(
        action=url_for("comments.submit"),
        token="",
        key=submitted.get("key", ""),
        parent_id=None
        if code == errors.CommentNotFound.code
        else submitted.get("parent", type=int),
        text=next((submitted[name] for name in _LONG_TEXT_FIELDS if submitted.get(name)), ""),
        name=submitted.get("name", ""),
        email=submitted.get("email", ""),
        url=submitted.get("website", ""),
        notify=submitted.get("notify", ""),
        privacy_ticked=submitted.get("privacy") == "1",
        max_length=runtime().settings.max_length,
        errors=problems,
        notice=message,
        notice_kind="error",
    )


def _refused_form_page(message: str, kept: FormView) -> str:
    """Return the thread's page with the submitted form; if the page is unknown, only the text."""
    try:
        at = place.page_ref(request.form)
        fresh = presenters.reader_form(at, current_viewer(at.site.id), secrets.token_urlsafe(18))
        form = replace(
            kept,
            token=form_token.renew_token(at, request.form.get("token", "")),
            key=fresh.key,
            account=fresh.account,
            log_out_url=fresh.log_out_url,
            account_url=fresh.account_url,
            sign_out_url=fresh.sign_out_url,
            privacy_url=fresh.privacy_url,
            privacy_asked=fresh.privacy_asked,
            notify_offered=fresh.notify_offered,
            subscribe_url=fresh.subscribe_url,
            cancel_url=presenters.thread_url(at, "thread_page") if kept.parent_id else "",
        )
        return thread_views.render_page(at, form)
    except errors.Refusal:
        return _error_page(message, kept)


def _error_page(message: str, kept: FormView | None) -> str:
    """Return a page with a message, and the typed text to copy."""
    code, direction = language()
    return render_template(
        "comments/error.html",
        title=_("Something went wrong"),
        message=message,
        remedy=g.get("comments_remedy"),
        back_url=url_for("moderation.queue") if request.path.startswith("/moderation/") else "",
        form=kept,
        locale=code,
        direction=direction,
    )
