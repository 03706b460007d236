"""The first-party window in which readers sign in: choose how, go there, come back.

Everything happens here, on our own address, so it needs no cookie of a third party. It is opened
from a widget (with a challenge, see ``actions/sign_in.py``) or from a page of ours (without one).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from threading import BoundedSemaphore
from typing import TypeVar

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from comment_service.actions.readers import sign_in
from comment_service.errors import LinkSpent, NotProven, Refusal
from comment_service.fetching import FetchError
from comment_service.identity import Flow, Person, Provider, ProviderError
from comment_service.storage.db.session import session, transaction
from comment_service.web.comments.login_options import ways_in
from comment_service.web.http import messages
from comment_service.web.http.context import language, runtime
from comment_service.web.http.rate_limits import SIGN_IN, limiter
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.http.viewer import current_viewer, visitor_session
from comment_service.web.readers import after_login, login_state
from comment_service.web.readers.login_state import Asked

window = Blueprint("window", __name__, url_prefix="/sign-in")

AT_ONCE = 3
"""Providers that are spoken with at a time: one that never answers must not hold every thread."""
_speaking = BoundedSemaphore(AT_ONCE)
_with_visitors_servers = BoundedSemaphore(AT_ONCE - 1)
_Answer = TypeVar("_Answer")


@window.get("/")
def choose() -> str:
    """Show the ways to sign in, or who is signed in here already."""
    asked = login_state.asked(request.args)
    at = asked.place
    here = visitor_session(at.site.id)
    return page(
        "choose",
        asked,
        ways=ways_in(asked.hidden),
        here=here.author if here and here.identity else None,
        provider=here.identity.provider if here and here.identity else "",
    )


@window.get("/with/<provider>")
@limiter.limit(SIGN_IN)
def go(provider: str) -> Response:
    """Go to a provider, or ask first for the address that it needs."""
    asked, known = login_state.asked(request.args), _provider(provider)
    if known.asks:
        return make_response(_address_page(asked, known, "", ""))
    return _start(asked, known, "")


@window.post("/with/<provider>")
@limiter.limit(SIGN_IN)
def go_there(provider: str) -> Response:
    """Go to the server that a reader has typed into our form; nobody else's page can send it."""
    asked, known = login_state.asked(request.form), _provider(provider)
    return _start(asked, known, request.form.get("address", "").strip()[:300])


def _start(asked: Asked, known: Provider, typed: str) -> Response:
    flow = Flow(url_for("window.back", provider=known.key, _external=True))
    try:
        there, flow = _spoken(known, lambda: known.start(flow, typed))
    except ProviderError as error:
        if known.asks:
            told = _address_page(asked, known, messages.problem(error, known.title), typed)
            raise RefusedWithPage(NotProven(str(error)), told) from None
        raise failed(asked, messages.problem(error, known.title)) from None
    remembered = replace(
        asked, provider=known.key, flow=flow, link_to=after_login.link_to(asked.place.site)
    )
    return login_state.keep(_leave(asked, known, there), remembered)


def _leave(asked: Asked, known: Provider, there: str) -> Response:
    """Go there; from a form by a page of ours, for no form of ours leads anywhere else (CSP)."""
    if not known.asks:
        return redirect(there, 303)
    answer = make_response(page("leaving", asked, provider=known, there=there))
    answer.headers["Refresh"] = f"0; url={there}"
    return answer


def _address_page(asked: Asked, provider: Provider, problem: str, typed: str) -> str:
    """Ask a reader for what a provider has to be told."""
    labels = {
        "server": _("Your server, such as mastodon.social"),
        "website": _("Your website, such as https://example.org/"),
    }
    label, title = labels[provider.asks], provider.title
    return page("address", asked, title=title, label=label, problem=problem, typed=typed)


@window.get("/back/<provider>")
@limiter.limit(SIGN_IN)
def back(provider: str) -> Response:
    """Come back from a provider."""
    state = request.args.get("state", "")
    remembered = login_state.found(state)
    if state != remembered.flow.state or remembered.provider != provider or remembered.sign_in:
        raise LinkSpent(login_state.LATE)
    known = _provider(provider)
    answer = {name: value[:4000] for name, value in request.args.items()}
    try:
        person = _spoken(known, lambda: known.finish(remembered.flow, answer))
        return arrived(remembered, provider, person)
    except (ProviderError, Refusal) as error:
        session().rollback()
        raise failed(remembered, messages.problem(error, known.title), forget=True) from None


@window.post("/back/<provider>")
def back_by_post(provider: str) -> Response:
    """Come back from a provider that posts: the cookies come only with a visit of our own."""
    sent = {name: request.form[name] for name in ("state", "code", "error") if name in request.form}
    return redirect(url_for("window.back", provider=provider, **sent), 303)  # type: ignore[arg-type]


def arrived(remembered: Asked, provider: str, person: Person) -> Response:
    """Go on with somebody proven: to be confirmed for a widget, or straight to where they were.

    Raises:
        AlreadyDone: it shall be linked, and belongs to another account.
    """
    at = remembered.place
    viewer = current_viewer(at.site.id)
    with transaction() as current:
        identity = sign_in.prove(
            session=current,
            runtime=runtime(),
            site=at.site,
            provider=provider,
            person=person,
            link_to=after_login.linking(remembered),
        )
        if remembered.link_to:
            return login_state.forget(redirect(after_login.landing(remembered), 303), remembered)
        if not remembered.challenge and identity.author.name:
            return after_login.enter(remembered, identity, viewer)
        row = sign_in.offer(
            session=current,
            runtime=runtime(),
            identity=identity,
            challenge=remembered.challenge,
        )
        waiting = login_state.proven(remembered, row.id)
    target = url_for("confirmation.show", state=waiting.flow.state[:16])
    return login_state.keep(redirect(target, 303), waiting)


def _provider(key: str) -> Provider:
    """Return a provider that this installation has."""
    found: Provider | None = runtime().providers.get(key)
    if found is None:
        raise NotFound
    return found


def _spoken(known: Provider, speak: Callable[[], _Answer]) -> _Answer:
    """Speak with a provider, one of a few at a time.

    Raises:
        ProviderError: too many are spoken with already, or it does not say what it should.
    """
    speaking = _with_visitors_servers if known.asks else _speaking
    if not speaking.acquire(timeout=5):
        raise ProviderError(_("Many people sign in just now. Try again in a minute."))
    try:
        return speak()
    except FetchError as error:
        raise ProviderError(str(error)) from error
    finally:
        speaking.release()


def failed(asked: Asked, message: str, *, forget: bool = False) -> RefusedWithPage:
    """Return the answer that says why sign-in failed; ``forget`` ends this browser's attempt."""
    again = url_for("window.choose", **asked.hidden)  # type: ignore[arg-type]
    answer: Response = make_response(page("failed", asked, message=message, again_url=again))
    if forget:
        answer = login_state.forget(answer, asked)
    return RefusedWithPage(NotProven(message), answer)


def page(template: str, asked: Asked, **values: object) -> str:
    """Return a page of the window."""
    code, direction = language()
    at = asked.place
    told: Mapping[str, object] = {
        "asked": asked,
        "site_name": at.site.name,
        "back_url": after_login.landing(asked),
        "locale": code,
        "direction": direction,
        "link": request.values.get("link", "")[:64],
        **values,
    }
    return render_template(f"comments/readers/login/{template}.html", **told)
