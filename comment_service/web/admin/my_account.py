"""A moderator's own page: name, password, second factor, mails, sessions."""

from collections.abc import Sequence

from flask import Blueprint, g, make_response, redirect, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from comment_service.actions.admin import account, second_factor
from comment_service.actions.admin.second_factor import Problems
from comment_service.errors import InvalidFields
from comment_service.storage.admin import people
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Moderator
from comment_service.text import browsers
from comment_service.web.http.context import number, runtime
from comment_service.web.http.rate_limits import SIGN_IN, limiter
from comment_service.web.moderation.queue_views import only_moderators
from comment_service.web.moderation.site_context import page

me = Blueprint("me", __name__, url_prefix="/moderation/me")
me.before_request(only_moderators)


@me.get("/")
def show() -> str:
    """Show the own account."""
    return _page()


def _page(problems: Problems | None = None, codes: Sequence[str] = ()) -> str:
    db, moderator = session(), _me()
    found, following = people.own_sessions(
        db,
        moderator.id,
        runtime().now(),
        before=number("before"),
        limit=runtime().settings.page_size,
    )
    starting = bool(moderator.second_salt) and moderator.second_since is None
    return page(
        "admin/my_account",
        me=moderator,
        seats=people.seats(db, moderator.id),
        problems=problems or {},
        codes=codes,
        secret=second_factor.secret(runtime(), moderator) if starting else "",
        qr=_qr(second_factor.uri(runtime(), moderator, runtime().settings.site_name))
        if starting
        else "",
        sessions=[(one, *browsers.named(one.browser)) for one in found],
        next_url=url_for("me.show", before=following) if following else "",
        done=request.args.get("done", ""),
        typed=request.form,
    )


def _qr(uri: str) -> Markup:
    """Return a QR code as inline SVG, without any style that the page's policy would refuse."""
    import segno

    drawn = segno.make(uri, error="m").svg_inline(scale=4, border=4, light="#fff", dark="#000")
    return Markup(drawn)  # noqa: S704 - segno's own numbers, nothing of anybody's text


def _me() -> Moderator:
    return session().get_one(Moderator, g.moderator_id)


def _answer(problems: Problems, done: str) -> Response:
    """Go back to the page, or show it with what was wrong."""
    if problems:
        return make_response(_page(problems), 422)
    return redirect(url_for("me.show", done=done), 303)


@me.post("/name")
def rename() -> Response:
    """Take another name."""
    try:
        with transaction() as current:
            account.rename(session=current, moderator=_me(), name=request.form.get("name", ""))
    except InvalidFields as refusal:
        return _answer(refusal.fields, "")
    return _answer({}, "name")


@me.post("/password")
@limiter.limit(SIGN_IN)
def change_password() -> Response:
    """Change the password; the other sessions end."""
    new = request.form.get("new", "")
    if new != request.form.get("again", ""):
        return _answer({"again": [_("The two passwords differ.")]}, "")
    with transaction() as current:
        problems = account.change_password(
            session=current,
            runtime=runtime(),
            moderator=_me(),
            session_id=g.session_id,
            old=request.form.get("old", "")[:1000],
            new=new,
        )
    return _answer(problems, "password")


@me.post("/mail")
def settle_mail() -> Response:
    """Choose which mails one gets."""
    try:
        with transaction() as current:
            account.settle_mail(
                session=current,
                moderator=_me(),
                held=request.form.get("held_mail", ""),
                weekly=request.form.get("weekly_mail") == "1",
            )
    except InvalidFields as refusal:
        return _answer(refusal.fields, "")
    return _answer({}, "mail")


@me.post("/second")
@limiter.limit(SIGN_IN)
def begin_second() -> Response:
    """Begin with the second factor: the page then shows its QR code."""
    with transaction() as current:
        problems = second_factor.begin(
            session=current,
            runtime=runtime(),
            moderator=_me(),
            password=request.form.get("second_password", "")[:1000],
        )
    return _answer(problems, "")


@me.post("/second/confirm")
@limiter.limit(SIGN_IN)
def confirm_second() -> Response:
    """Turn the second factor on, and show the recovery codes, this once."""
    try:
        with transaction() as current:
            codes = second_factor.confirm(
                session=current,
                runtime=runtime(),
                moderator=_me(),
                code=request.form.get("code", "")[:100],
                session_id=g.session_id,
            )
    except InvalidFields as refusal:
        return _answer(refusal.fields, "")
    return make_response(_page(codes=codes))


@me.post("/second/off")
@limiter.limit(SIGN_IN)
def end_second() -> Response:
    """Turn the second factor off."""
    with transaction() as current:
        problems = second_factor.turn_off(
            session=current,
            runtime=runtime(),
            moderator=_me(),
            password=request.form.get("second_password", "")[:1000],
            code=request.form.get("code", "")[:100],
        )
    return _answer(problems, "second_off")


@me.post("/sessions/<id:session_id>/end")
def end_session(session_id: int) -> Response:
    """End one of one's sessions."""
    with transaction() as current:
        account.end_session(
            session=current, runtime=runtime(), moderator=_me(), session_id=session_id
        )
    return _answer({}, "session")


@me.post("/sessions/end")
def end_sessions() -> Response:
    """End all of one's sessions but this."""
    with transaction() as current:
        people.end_sessions(current, g.moderator_id, runtime().now(), but=g.session_id)
    return _answer({}, "sessions")
