"""How moderators come in: password, one-time links, and out again."""

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from comment_service.actions import admit
from comment_service.errors import LinkSpent
from comment_service.storage import people
from comment_service.storage.session import session, transaction
from comment_service.text import addresses
from comment_service.web.context import language, runtime
from comment_service.web.forms import SetupForm, SignInForm
from comment_service.web.limits import SIGN_IN, limiter
from comment_service.web.viewer import MODERATOR_COOKIE

signin = Blueprint("signin", __name__, url_prefix="/moderation")


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
        token = admit.sign_in(
            session=current,
            runtime=runtime(),
            email=form.login.data,
            password=form.password.data,
        )
    if not token:
        return make_response(_sign_in_page(admit.refuse_sign_in().message, form), 403)
    return _let_in(token, request.form.get("next", ""))


def _sign_in_page(problem: str, form: SignInForm | None = None) -> str:
    if not problem and not people.any_moderator(session()):
        problem = _(
            "Nobody moderates here yet. Open the set-up link that the server printed, or make one "
            "with `comment-service moderator link` (`flask comments moderator link`)."
        )
    return _page(
        "sign_in",
        problem=problem,
        values={"login": form.login.data or ""} if form else {},
        next=_inside(request.values.get("next", "")),
    )


@signin.get("/setup/<token>")
def setup(token: str) -> str:
    """Show what the first moderator fills in; nothing is spent yet."""
    if people.find_ticket(session(), token, admit.SETUP, runtime().now()) is None:
        raise LinkSpent(admit.SPENT)
    return _page("setup", values={"site_name": runtime().settings.site_name})


@signin.post("/setup/<token>")
@limiter.limit(SIGN_IN)
def setup_post(token: str) -> Response:
    """Make the first moderator."""
    form = SetupForm()
    if not form.validate():
        values = {name: getattr(form, name).data or "" for name in form.RENDERED}
        return make_response(_page("setup", values=values, errors=form.errors), 422)
    with transaction() as current:
        opened = admit.set_up(
            session=current,
            runtime=runtime(),
            token=token,
            name=form.name.data,
            email=form.email.data,
            password=form.password.data,
            site_name=form.site_name.data,
            origin=addresses.origin(form.site_url.data),
        )
    return _let_in(opened, url_for("moderation.snippet"))


@signin.get("/enter/<token>")
def enter(token: str) -> str:
    """Show whom a one-time link lets in; nothing is spent yet."""
    ticket = people.find_ticket(session(), token, admit.ENTER, runtime().now())
    if ticket is None or ticket.moderator is None:
        raise LinkSpent(admit.SPENT)
    return _page("enter", name=ticket.moderator.name)


@signin.post("/enter/<token>")
@limiter.limit(SIGN_IN)
def enter_post(token: str) -> Response:
    """Spend a one-time link."""
    with transaction() as current:
        opened = admit.enter(session=current, runtime=runtime(), token=token)
    return _let_in(opened, "")


@signin.post("/sign-out")
def sign_out() -> Response:
    """End the session."""
    with transaction() as current:
        token = request.cookies.get(MODERATOR_COOKIE, "")
        admit.sign_out(session=current, runtime=runtime(), token=token)
    answer = redirect(url_for("signin.sign_in"), 303)
    answer.delete_cookie(MODERATOR_COOKIE, path=_path())
    return answer


def _let_in(token: str, target: str) -> Response:
    """Set the session's cookie and go on to a page of ours."""
    answer = redirect(_inside(target) or url_for("moderation.queue"), 303)
    answer.set_cookie(
        MODERATOR_COOKIE,
        token,
        max_age=runtime().settings.session_days * 86400,
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
        path=_path(),
    )
    return answer


def _path() -> str:
    return request.script_root or "/"


def _inside(target: str) -> str:
    """Return a target that is a path below moderation; "" for anything else."""
    root = url_for("moderation.queue")
    plain = target.startswith(root) and "\\" not in target and "//" not in target
    return target if plain else ""


def _page(template: str, **values: object) -> str:
    code, direction = language()
    path = f"comments/moderation/{template}.html"
    return render_template(path, locale=code, direction=direction, **values)
