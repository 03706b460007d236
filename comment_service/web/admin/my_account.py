"""A moderator's account: name, password, second factor, mails, sessions."""

from collections.abc import Sequence

from flask import Blueprint, g, make_response, redirect, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from comment_service.actions.admin import account, host_staff, second_factor
from comment_service.actions.admin.second_factor import Problems
from comment_service.errors import InvalidFields, NotAllowed
from comment_service.storage.admin import people
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import Moderator
from comment_service.text import browsers
from comment_service.web.http import messages
from comment_service.web.http.context import id_argument, runtime
from comment_service.web.http.rate_limits import SIGN_IN, limited
from comment_service.web.http.viewer import host_user
from comment_service.web.moderation.queue_views import require_moderator
from comment_service.web.moderation.site_context import render_page

blueprint = Blueprint("my_account", __name__, url_prefix="/moderation/me")
blueprint.before_request(require_moderator)


@blueprint.before_request
def refuse_host_staff() -> None:
    """Refuse changes to somebody whom the host signs in: a password here would outlive their role.

    Raises:
        NotAllowed: the host application signs the moderator in.
    """
    if request.endpoint != "my_account.show" and _moderator().host_id:
        raise NotAllowed(host_staff.DECIDED_THERE)


@blueprint.get("/")
def show() -> str:
    """Show the moderator's account."""
    return _page()


def _page(problems: Problems | None = None, codes: Sequence[str] = ()) -> str:
    db, moderator = session(), _moderator()
    found, following = people.own_sessions(
        db,
        moderator.id,
        runtime().now(),
        before=id_argument("before"),
        limit=runtime().settings.page_size,
    )
    starting = bool(moderator.second_salt) and moderator.second_since is None
    return render_page(
        "admin/my_account",
        me=moderator,
        seats=people.roles_of(db, moderator.id),
        problems=problems or {},
        codes=codes,
        secret=second_factor.secret(runtime(), moderator) if starting else "",
        qr=_qr(second_factor.uri(runtime(), moderator, runtime().settings.site_name))
        if starting
        else "",
        sessions=[(row, *browsers.describe_user_agent(row.browser)) for row in found],
        next_url=url_for("my_account.show", before=following) if following else "",
        done=request.args.get("done", ""),
        typed=request.form,
        log_out_url=_host_log_out_url() if moderator.host_id else "",
    )


def _host_log_out_url() -> str:
    """Return where the host's user signs out, "" if the host does not say."""
    user = host_user()
    return user.log_out_url if user else ""


def _qr(uri: str) -> Markup:
    """Return a QR code as inline SVG without styles, which the page's CSP would block."""
    import segno

    drawn = segno.make(uri, error="m").svg_inline(scale=4, border=4, light="#fff", dark="#000")
    return Markup(drawn)  # noqa: S704 - segno's own numbers, nothing of anybody's text


def _moderator() -> Moderator:
    return session().get_one(Moderator, g.moderator_id)


def _respond(problems: Problems, done: str) -> Response:
    """Redirect to the page, or show it with the errors."""
    if problems:
        return make_response(_page(problems), 422)
    return redirect(url_for("my_account.show", done=done), 303)


@blueprint.post("/name")
def rename() -> Response:
    """Change the moderator's name."""
    try:
        with transaction() as current:
            account.rename(
                session=current, moderator=_moderator(), name=request.form.get("name", "")
            )
    except InvalidFields as refusal:
        return _respond(messages.field_errors(refusal), "")
    return _respond({}, "name")


@blueprint.post("/password")
@limited(SIGN_IN)
def change_password() -> Response:
    """Change the password; the other sessions end."""
    new = request.form.get("new", "")
    if new != request.form.get("again", ""):
        return _respond({"again": [_("The two passwords differ.")]}, "")
    with transaction() as current:
        problems = account.change_password(
            session=current,
            runtime=runtime(),
            moderator=_moderator(),
            session_id=g.session_id,
            old=request.form.get("old", "")[:1000],
            new=new,
        )
    return _respond(problems, "password")


@blueprint.post("/mail")
def settle_mail() -> Response:
    """Choose e-mail notifications."""
    try:
        with transaction() as current:
            account.save_mail_settings(
                session=current,
                moderator=_moderator(),
                held=request.form.get("held_mail", ""),
                weekly=request.form.get("weekly_mail") == "1",
            )
    except InvalidFields as refusal:
        return _respond(messages.field_errors(refusal), "")
    return _respond({}, "mail")


@blueprint.post("/second")
@limited(SIGN_IN)
def begin_second() -> Response:
    """Start to set up the second factor: the page then shows the QR code."""
    with transaction() as current:
        problems = second_factor.begin(
            session=current,
            runtime=runtime(),
            moderator=_moderator(),
            password=request.form.get("second_password", "")[:1000],
        )
    return _respond(problems, "")


@blueprint.post("/second/confirm")
@limited(SIGN_IN)
def confirm_second() -> Response:
    """Turn the second factor on, and show the recovery codes once."""
    try:
        with transaction() as current:
            codes = second_factor.confirm(
                session=current,
                runtime=runtime(),
                moderator=_moderator(),
                code=request.form.get("code", "")[:100],
                session_id=g.session_id,
            )
    except InvalidFields as refusal:
        return _respond(messages.field_errors(refusal), "")
    return make_response(_page(codes=codes))


@blueprint.post("/second/off")
@limited(SIGN_IN)
def end_second() -> Response:
    """Turn the second factor off."""
    with transaction() as current:
        problems = second_factor.turn_off(
            session=current,
            runtime=runtime(),
            moderator=_moderator(),
            password=request.form.get("second_password", "")[:1000],
            code=request.form.get("code", "")[:100],
        )
    return _respond(problems, "second_off")


@blueprint.post("/sessions/<id:session_id>/end")
def end_session(session_id: int) -> Response:
    """End one of the moderator's sessions."""
    with transaction() as current:
        account.end_session(
            session=current, runtime=runtime(), moderator=_moderator(), session_id=session_id
        )
    return _respond({}, "session")


@blueprint.post("/sessions/end")
def end_sessions() -> Response:
    """End all of the moderator's sessions except this one."""
    with transaction() as current:
        people.end_sessions(current, g.moderator_id, runtime().now(), but=g.session_id)
    return _respond({}, "sessions")
