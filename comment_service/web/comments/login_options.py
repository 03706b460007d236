"""The sign-in options of an installation, the same for every reader."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from flask import url_for
from flask_babel import gettext as _

from comment_service.actions.comments.request_subscription import subscriptions_available
from comment_service.text import addresses
from comment_service.web.comments.view_models import SignInOption
from comment_service.web.http.context import runtime
from comment_service.web.http.links import own_origin
from comment_service.web.http.place import PageRef


def sign_in_options(carried: Mapping[str, str]) -> Sequence[SignInOption]:
    """Return the sign-in options in the configured order; ``carried`` is added to each link."""
    state = runtime()
    settings = state.settings
    options = [
        SignInOption(key, provider.title, url_for("login.go", provider=key, **carried))  # type: ignore[arg-type]
        for key, provider in state.providers.items()
    ]
    if settings.email_sign_in and subscriptions_available(state):
        options.append(SignInOption("email", _("E-mail"), url_for("magic_link.show", **carried)))  # type: ignore[arg-type]
    if passkey_origin() is not None:
        options.append(SignInOption("passkey", _("Passkey"), url_for("passkeys.show", **carried)))  # type: ignore[arg-type]
    return options


def sign_in_url(at: PageRef) -> str:
    """Return the sign-in URL that leads back to a page, "" if there is no way to sign in."""
    carried = {"site": at.site.key, "url": at.url}
    return url_for("login.choose", **carried) if sign_in_options(carried) else ""  # type: ignore[arg-type]


def passkey_origin() -> tuple[str, str] | None:
    """Return the origin and the host name for passkeys, None if passkeys cannot work here.

    Browsers allow passkeys on HTTPS and on ``localhost``, and only for host names, not IP
    addresses. A configured public URL is the only valid origin: keys made for another one would
    be lost.
    """
    settings = runtime().settings
    try:
        origin = addresses.origin(own_origin())
    except ValueError:
        return None
    host = urlsplit(origin).hostname or ""
    is_local = host == "localhost" or host.endswith(".localhost")
    allowed = is_local or (origin.startswith("https://") and not _is_ip_address(host))
    return (origin, host) if settings.passkeys and allowed else None


def _is_ip_address(host: str) -> bool:
    """Return True if a host is an IP address, not a name."""
    return ":" in host or host.replace(".", "").isdecimal()


def account_name(provider: str, site_name: str) -> str:
    """Return the name of a provider's accounts, for "using your … account"."""
    own_methods = {"email": _("E-mail"), "passkey": _("passkey")}
    provider_config = runtime().providers.get(provider)
    return provider_config.title if provider_config else str(own_methods.get(provider, site_name))
