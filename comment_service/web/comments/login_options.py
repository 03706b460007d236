"""The ways to sign in that an installation has, the same for every reader."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from flask import request, url_for
from flask_babel import gettext as _

from comment_service.actions.comments.request_subscription import subscriptions_available
from comment_service.text import addresses
from comment_service.web.comments.view_models import WayIn
from comment_service.web.http.context import runtime
from comment_service.web.http.place import Place


def ways_in(carried: Mapping[str, str]) -> Sequence[WayIn]:
    """Return the ways, in the order of the settings; links carry the site and the page on."""
    state = runtime()
    settings = state.settings
    found = [
        WayIn(key, provider.title, url_for("window.go", provider=key, **carried))  # type: ignore[arg-type]
        for key, provider in state.providers.items()
    ]
    if settings.email_sign_in and subscriptions_available(state):
        found.append(WayIn("email", _("E-mail"), url_for("mail_link.show", **carried)))  # type: ignore[arg-type]
    if passkey_origin() is not None:
        found.append(WayIn("passkey", _("Passkey"), url_for("passkeys.show", **carried)))  # type: ignore[arg-type]
    return found


def log_in_url(at: Place) -> str:
    """Return where a guest can log in and come back to a page, "" where there is no way."""
    carried = {"site": at.site.key, "url": at.url}
    return url_for("window.choose", **carried) if ways_in(carried) else ""  # type: ignore[arg-type]


def passkey_origin() -> tuple[str, str] | None:
    """Return origin and host of this service where passkeys work, None where they cannot.

    Browsers know them on HTTPS and on ``localhost``, and of names alone, not of bare addresses.
    Where the public address is known it is the only one: keys made under another would be lost.
    """
    settings = runtime().settings
    try:
        origin = addresses.origin(settings.public_url or request.host_url)
    except ValueError:
        return None
    host = urlsplit(origin).hostname or ""
    local = host == "localhost" or host.endswith(".localhost")
    fine = local or (origin.startswith("https://") and not _is_bare(host))
    return (origin, host) if settings.passkeys and fine else None


def _is_bare(host: str) -> bool:
    """Tell whether a host is a number, not a name."""
    return ":" in host or host.replace(".", "").isdecimal()


def name_of(provider: str, site_name: str) -> str:
    """Return what the account of a provider is called: "using your … account"."""
    own = {"email": _("E-mail"), "passkey": _("passkey")}
    known = runtime().providers.get(provider)
    return known.title if known else str(own.get(provider, site_name))
