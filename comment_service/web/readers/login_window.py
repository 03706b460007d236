"""The first-party window in which readers sign in: choose a provider, go there, come back.

Everything happens on our own origin, so no third-party cookie is needed. A widget opens it with a
challenge (see ``actions/readers/sign_in.py``), our own pages without one.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from threading import BoundedSemaphore
from typing import TypeVar

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from comment_service.actions.readers import sign_in
from comment_service.errors import IdentityNotVerified, LinkExpired, Refusal
from comment_service.fetching import FetchError
from comment_service.identity import Flow, Person, Provider, ProviderError
from comment_service.storage.db.session import session, transaction
from comment_service.web.comments.login_options import sign_in_options
from comment_service.web.http import messages, staff_session
from comment_service.web.http.context import language, runtime
from comment_service.web.http.links import external_url_for
from comment_service.web.http.rate_limits import SIGN_IN, limited
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.http.viewer import current_viewer, visitor_session
from comment_service.web.readers import after_login, login_state
from comment_service.web.readers.login_state import LoginState

_log = logging.getLogger(__name__)
blueprint = Blueprint("login", __name__, url_prefix="/sign-in")

MAX_PROVIDER_CALLS = 3
"""Maximum parallel calls to providers, so that a slow one cannot block every thread."""
_provider_slots = BoundedSemaphore(MAX_PROVIDER_CALLS)
_visitor_server_slots = BoundedSemaphore(MAX_PROVIDER_CALLS - 1)
_Answer = TypeVar("_Answer")


@blueprint.get("/")
def choose() -> str:
    """Show the sign-in options, or who is signed in here already."""
    login = login_state.read(request.args)
    at = login.place
    reader_session = visitor_session(at.site.id)
    return render_page(
        "choose",
        login,
        ways=sign_in_options(login.hidden),
        here=reader_session.author if reader_session and reader_session.identity else None,
        staff_offer=staff_session.in_place_offer(at.site) if login.challenge else "",
        provider=reader_session.identity.provider
        if reader_session and reader_session.identity
        else "",
    )


@blueprint.get("/with/<provider>")
@limited(SIGN_IN)
def go(provider: str) -> Response:
    """Redirect to a provider, or ask for the server address that it needs."""
    login, idp = login_state.read(request.args), _provider(provider)
    if idp.asks:
        return make_response(_address_page(login, idp, "", ""))
    return _start(login, idp, "")


@blueprint.post("/with/<provider>")
@limited(SIGN_IN)
def go_there(provider: str) -> Response:
    """Redirect to the server that a reader entered; the CSRF token stops forms of other sites."""
    login, idp = login_state.read(request.form), _provider(provider)
    return _start(login, idp, request.form.get("address", "").strip()[:300])


def _start(login: LoginState, idp: Provider, typed: str) -> Response:
    flow = Flow(external_url_for("login.back", provider=idp.key))
    try:
        target, flow = _call_provider(idp, lambda: idp.start(flow, typed))
    except ProviderError as error:
        if idp.asks:
            html = _address_page(login, idp, messages.sign_in_problem(error, idp.title), typed)
            raise RefusedWithPage(IdentityNotVerified(str(error)), html) from None
        raise failed_page(login, messages.sign_in_problem(error, idp.title)) from None
    stored = replace(
        login, provider=idp.key, flow=flow, link_to=after_login.linking_author_id(login.place.site)
    )
    return login_state.store(_redirect_to_provider(login, idp, target), stored)


def _redirect_to_provider(login: LoginState, idp: Provider, target: str) -> Response:
    """Redirect to the provider; forms go through a page of ours, as our CSP limits targets."""
    if not idp.asks:
        return redirect(target, 303)
    answer = make_response(render_page("leaving", login, provider=idp, there=target))
    answer.headers["Refresh"] = f"0; url={target}"
    return answer


def _address_page(login: LoginState, provider: Provider, problem: str, typed: str) -> str:
    """Ask the reader for the server address that a provider needs."""
    labels = {
        "server": _("Your server, such as mastodon.social"),
        "website": _("Your website, such as https://example.org/"),
    }
    label, title = labels[provider.asks], provider.title
    return render_page("address", login, title=title, label=label, problem=problem, typed=typed)


@blueprint.get("/back/<provider>")
@limited(SIGN_IN)
def back(provider: str) -> Response:
    """Handle a provider's redirect back."""
    state = request.args.get("state", "")
    login = login_state.load(state)
    if state != login.flow.state or login.provider != provider or login.sign_in:
        raise LinkExpired(login_state.EXPIRED)
    idp = _provider(provider)
    answer = {name: value[:4000] for name, value in request.args.items()}
    try:
        person = _call_provider(idp, lambda: idp.finish(login.flow, answer))
        return continue_sign_in(login, provider, person)
    except (ProviderError, Refusal) as error:
        session().rollback()
        raise failed_page(login, messages.sign_in_problem(error, idp.title), forget=True) from None


@blueprint.post("/back/<provider>")
def back_by_post(provider: str) -> Response:
    """Handle a provider that posts back: redirect to a GET, which carries our cookies."""
    sent = {name: request.form[name] for name in ("state", "code", "error") if name in request.form}
    return redirect(url_for("login.back", provider=provider, **sent), 303)  # type: ignore[arg-type]


def continue_sign_in(login: LoginState, provider: str, person: Person) -> Response:
    """Continue with a proven person: ask them to confirm, or sign them in if no widget is involved.

    Raises:
        AlreadyDone: the identity should be linked but belongs to another account.
    """
    at = login.place
    viewer = current_viewer(at.site.id)
    with transaction() as current:
        identity = sign_in.prove(
            session=current,
            runtime=runtime(),
            site=at.site,
            provider=provider,
            person=person,
            link_to=after_login.linking_author(login),
        )
        if login.link_to:
            return login_state.clear(redirect(after_login.landing_url(login), 303), login)
        if not login.challenge and identity.author.name:
            return after_login.sign_in_here(login, identity, viewer)
        row = sign_in.offer(
            session=current,
            runtime=runtime(),
            identity=identity,
            challenge=login.challenge,
        )
        pending = login_state.with_sign_in(login, row.id)
    target = url_for("confirmation.show", state=pending.flow.state[:16])
    return login_state.store(redirect(target, 303), pending)


def _provider(key: str) -> Provider:
    """Return a configured provider.

    Raises:
        NotFound: there is no such provider.
    """
    provider: Provider | None = runtime().providers.get(key)
    if provider is None:
        raise NotFound
    return provider


def _call_provider(idp: Provider, call: Callable[[], _Answer]) -> _Answer:
    """Call a provider; the number of parallel calls is limited.

    Raises:
        ProviderError: too many calls are running, or the provider's answer is invalid.
    """
    slots = _visitor_server_slots if idp.asks else _provider_slots
    if not slots.acquire(timeout=5):
        raise ProviderError(_("Too many people are signing in. Try again in a minute."))
    try:
        return call()
    except FetchError as error:
        _log.warning("the sign-in provider %s failed: %s", idp.key, error)
        raise ProviderError(str(error)) from error
    finally:
        slots.release()


def failed_page(login: LoginState, message: str, *, forget: bool = False) -> RefusedWithPage:
    """Return the page that says why sign-in failed; ``forget`` ends this browser's attempt."""
    again = url_for("login.choose", **login.hidden)  # type: ignore[arg-type]
    answer: Response = make_response(render_page("failed", login, message=message, again_url=again))
    if forget:
        answer = login_state.clear(answer, login)
    return RefusedWithPage(IdentityNotVerified(message), answer)


def render_page(template: str, login: LoginState, **values: object) -> str:
    """Render a page of the window; templates of other folders are named with their folder."""
    code, direction = language()
    at = login.place
    context: Mapping[str, object] = {
        "asked": login,
        "site_name": at.site.name,
        "back_url": after_login.landing_url(login),
        "locale": code,
        "direction": direction,
        "link": request.values.get("link", "")[:64],
        **values,
    }
    path = template if "/" in template else f"readers/login/{template}"
    return render_template(f"comments/{path}.html", **context)
