"""How moderators come in: password and code, one-time links, and out again."""

from flask import Blueprint, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from comment_service.actions.admin import login
from comment_service.actions.admin.login import Admitted
from comment_service.errors import LinkSpent
from comment_service.storage.admin import people
from comment_service.storage.db.session import session, transaction
from comment_service.text import addresses
from comment_service.web.admin import invitation
from comment_service.web.admin.login_forms import SetupForm, SignInForm
from comment_service.web.http import cookies
from comment_service.web.http.context import runtime
from comment_service.web.http.rate_limits import SIGN_IN, limiter
from comment_service.web.http.return_to import inside
from comment_service.web.http.staff_session import agent, let_in, page
from comment_service.web.http.viewer import MODERATOR_COOKIE, SECOND_COOKIE

signin = Blueprint("signin", __name__, url_prefix="/moderation")
for rule, endpoint, method, view in invitation.ROUTES:
    signin.add_url_rule(rule, endpoint, view, methods=[method])


@signin.get("/sign-in")
def sign_in() -> str:
    """Show the form."""
    return _sign_in_page("")


@signin.post("/sign-in")
@limiter.limit(SIGN_IN)
def sign_in_post() -> Response:
    """Check a password. A wrong one is counted before it is refused."""
    form = SignInForm()
    if not form.validate():
        return make_response(_sign_in_page("Fill in both fields.", form), 422)
    with transaction() as current:
        admitted = login.sign_in(
            session=current,
            runtime=runtime(),
            email=form.login.data,
            password=form.password.data,
            browser=agent(),
        )
    if not admitted.token:
        return make_response(_sign_in_page(login.refuse_sign_in().message, form), 403)
    return let_in(admitted, request.form.get("next", ""))


def _sign_in_page(problem: str, form: SignInForm | None = None) -> str:
    if not problem and not people.any_moderator(session()):
        problem = _(
            "Nobody moderates here yet. Open the set-up link that the server printed, or make one "
            "with `comment-service moderator link` (`flask comments moderator link`)."
        )
    return page(
        "admin/sign_in",
        problem=problem,
        values={"login": form.login.data or ""} if form else {},
        next=inside(request.values.get("next", ""), ""),
    )


@signin.get("/second")
def second() -> str:
    """Ask who gave the right password for a code."""
    return page("admin/second_factor", problem="", next=inside(request.args.get("next", ""), ""))


@signin.post("/second")
@limiter.limit(SIGN_IN)
def second_post() -> Response:
    """Check a code. A wrong one is counted before it is refused."""
    with transaction() as current:
        token = login.second(
            session=current,
            runtime=runtime(),
            token=request.cookies.get(SECOND_COOKIE, ""),
            code=request.form.get("code", "")[:100],
            browser=agent(),
        )
    target = inside(request.form.get("next", ""), "")
    if not token:
        problem = _(
            "This is not the code. After five wrong ones the account is locked for a while."
        )
        return make_response(page("admin/second_factor", problem=problem, next=target), 403)
    return let_in(Admitted(token), target)


@signin.get("/setup/<token>")
def setup(token: str) -> str:
    """Show what the first moderator fills in; nothing is spent yet."""
    if people.find_ticket(session(), token, login.SETUP, runtime().now()) is None:
        raise LinkSpent(login.SPENT)
    return page("admin/setup", values={"site_name": runtime().settings.site_name})


@signin.post("/setup/<token>")
@limiter.limit(SIGN_IN)
def setup_post(token: str) -> Response:
    """Make the first moderator."""
    form = SetupForm()
    if not form.validate():
        values = {name: getattr(form, name).data or "" for name in form.RENDERED}
        return make_response(page("admin/setup", values=values, errors=form.errors), 422)
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
            browser=agent(),
        )
    return let_in(Admitted(opened), url_for("snippet.show"))


@signin.get("/enter/<token>")
def enter(token: str) -> str:
    """Show whom a one-time link lets in; nothing is spent yet."""
    _ticket, moderator = login.entry(session=session(), runtime=runtime(), token=token)
    return page("admin/one_time_link", name=moderator.name)


@signin.post("/enter/<token>")
@limiter.limit(SIGN_IN)
def enter_post(token: str) -> Response:
    """Spend a one-time link."""
    with transaction() as current:
        admitted = login.enter(session=current, runtime=runtime(), token=token, browser=agent())
    return let_in(admitted, "")


@signin.post("/sign-out")
def sign_out() -> Response:
    """End the session."""
    with transaction() as current:
        token = request.cookies.get(MODERATOR_COOKIE, "")
        login.sign_out(session=current, runtime=runtime(), token=token)
    answer = redirect(url_for("signin.sign_in"), 303)
    cookies.drop(answer, MODERATOR_COOKIE)
    return answer
