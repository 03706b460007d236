"""Staff sign-in and sign-out: password, second factor, one-time links, set-up."""

from flask import Blueprint, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from comment_service.actions.admin import login
from comment_service.actions.admin.login import SignInResult
from comment_service.errors import LinkExpired
from comment_service.storage.admin import people
from comment_service.storage.db.session import session, transaction
from comment_service.text import addresses
from comment_service.web.admin import invitation
from comment_service.web.admin.login_forms import SetupForm, SignInForm
from comment_service.web.http import cookies, messages
from comment_service.web.http.context import runtime
from comment_service.web.http.rate_limits import SIGN_IN, limited
from comment_service.web.http.return_to import safe_target
from comment_service.web.http.staff_session import (
    password_origin,
    render_page,
    start_session,
    user_agent,
)
from comment_service.web.http.viewer import MODERATOR_COOKIE, SECOND_COOKIE

blueprint = Blueprint("staff_login", __name__, url_prefix="/moderation")
for rule, endpoint, method, view in invitation.ROUTES:
    blueprint.add_url_rule(rule, endpoint, view, methods=[method])


@blueprint.get("/sign-in")
def sign_in() -> str:
    """Show the sign-in form."""
    return _sign_in_page("")


@blueprint.post("/sign-in")
@limited(SIGN_IN)
def sign_in_post() -> Response:
    """Check a password. A wrong one is counted before it is refused."""
    form = SignInForm()
    if not form.validate():
        return make_response(_sign_in_page(_("Fill in both fields."), form), 422)
    checked = login.check_password(session(), form.login.data, form.password.data)
    with transaction() as current:
        admitted = login.sign_in(
            session=current,
            runtime=runtime(),
            email=form.login.data,
            checked=checked,
            origin=password_origin(form.login.data),
            browser=user_agent(),
        )
    if not admitted.token:
        return make_response(
            _sign_in_page(messages.refusal_text(login.refuse_sign_in()), form), 403
        )
    return start_session(admitted, request.form.get("next", ""))


def _sign_in_page(problem: str, form: SignInForm | None = None) -> str:
    if not problem and not people.any_moderator(session()):
        problem = _(
            "Nobody moderates here yet. Open the set-up link that the server printed, or make one "
            "with `comment-service moderator link` (`flask comments moderator link`)."
        )
    return render_page(
        "admin/sign_in",
        problem=problem,
        values={"login": form.login.data or ""} if form else {},
        next=safe_target(request.values.get("next", ""), ""),
    )


@blueprint.get("/second")
def second() -> str:
    """Ask for the code of the second factor."""
    return render_page(
        "admin/second_factor", problem="", next=safe_target(request.args.get("next", ""), "")
    )


@blueprint.post("/second")
@limited(SIGN_IN)
def second_post() -> Response:
    """Check a code. A wrong one is counted before it is refused."""
    with transaction() as current:
        token = login.check_second_factor(
            session=current,
            runtime=runtime(),
            token=cookies.read_cookie(SECOND_COOKIE),
            code=request.form.get("code", "")[:100],
            browser=user_agent(),
        )
    target = safe_target(request.form.get("next", ""), "")
    if not token:
        problem = _(
            "This is not the code. After five wrong ones the account is locked for a while."
        )
        return make_response(render_page("admin/second_factor", problem=problem, next=target), 403)
    return start_session(SignInResult(token), target)


@blueprint.get("/setup/<token>")
def setup(token: str) -> str:
    """Show the set-up form for the first moderator; the link stays valid."""
    if people.find_link(session(), token, login.SETUP, runtime().now()) is None:
        raise LinkExpired(login.SPENT)
    return render_page("admin/setup", values={"site_name": runtime().settings.site_name})


@blueprint.post("/setup/<token>")
@limited(SIGN_IN)
def setup_post(token: str) -> Response:
    """Create the first moderator."""
    form = SetupForm()
    if not form.validate():
        values = {name: getattr(form, name).data or "" for name in form.RENDERED}
        return make_response(render_page("admin/setup", values=values, errors=form.errors), 422)
    with transaction() as current:
        opened = login.set_up(
            session=current,
            runtime=runtime(),
            token=token,
            name=form.name.data,
            email=form.email.data,
            password=form.password.data,
            site_name=form.site_name.data,
            origin=addresses.origin(form.site_url.data),
            browser=user_agent(),
        )
    return start_session(SignInResult(opened), url_for("first_steps.show"))


@blueprint.get("/enter/<token>")
def enter(token: str) -> str:
    """Show whom a one-time link signs in; the link stays valid."""
    _ticket, moderator = login.require_link(session=session(), runtime=runtime(), token=token)
    return render_page("admin/one_time_link", name=moderator.name)


@blueprint.post("/enter/<token>")
@limited(SIGN_IN)
def enter_post(token: str) -> Response:
    """Use a one-time link."""
    with transaction() as current:
        admitted = login.use_link(
            session=current, runtime=runtime(), token=token, browser=user_agent()
        )
    return start_session(admitted, "")


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End the session."""
    with transaction() as current:
        token = cookies.read_cookie(MODERATOR_COOKIE)
        login.sign_out(session=current, runtime=runtime(), token=token)
    answer = redirect(url_for("staff_login.sign_in"), 303)
    cookies.delete_cookie(answer, MODERATOR_COOKIE)
    return answer
