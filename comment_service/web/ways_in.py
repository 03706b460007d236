"""The ways to sign in that an installation has, the same for every reader."""

from collections.abc import Mapping, Sequence

from flask import url_for
from flask_babel import gettext as _

from comment_service.actions.subscribe import is_offered
from comment_service.web.context import runtime
from comment_service.web.shapes import WayIn


def ways_in(carried: Mapping[str, str]) -> Sequence[WayIn]:
    """Return the ways, in the order of the settings; links carry the site and the page on."""
    state = runtime()
    settings = state.settings
    found = [
        WayIn(key, provider.title, url_for("window.go", provider=key, **carried))  # type: ignore[arg-type]
        for key, provider in state.providers.items()
    ]
    if settings.email_sign_in and is_offered(state):
        found.append(WayIn("email", _("E-mail"), url_for("mail_link.show", **carried)))  # type: ignore[arg-type]
    return found


def name_of(provider: str, site_name: str) -> str:
    """Return what the account of a provider is called: "using your … account"."""
    own = {"email": _("E-mail"), "passkey": _("passkey")}
    known = runtime().providers.get(provider)
    return known.title if known else str(own.get(provider, site_name))
