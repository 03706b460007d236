"""The providers that an installation has, from its settings; those without a row do not show."""

from collections.abc import Callable, Mapping
from typing import Any

from comment_service.identity import rows
from comment_service.identity.apple import Apple
from comment_service.identity.flow import Provider
from comment_service.identity.indieauth import IndieAuth
from comment_service.identity.mastodon import Apps, Mastodon
from comment_service.identity.oauth import OAuth2
from comment_service.identity.oidc import OpenIdConnect


def _kinds(apps: Apps) -> Mapping[str, Callable[[rows.Row], Provider]]:
    """Return kind of row → what speaks with such a provider."""
    return {
        "oidc": OpenIdConnect,
        "oauth": OAuth2,
        "apple": Apple,
        "mastodon": lambda row: Mastodon(row, apps),
        "indieauth": IndieAuth,
    }


def providers(given: Mapping[str, Mapping[str, Any]], apps: Apps) -> Mapping[str, Provider]:
    """Return key → provider, in the order of the settings; ``apps`` keeps what servers gave us.

    Raises:
        ValueError: a row cannot work; it is named.
    """
    found, kinds = {}, _kinds(apps)
    for key, row in given.items():
        if not isinstance(row, Mapping):
            raise ValueError(f"COMMENTS_PROVIDERS: {key} is a table of its own.")  # noqa: TRY004
        read = rows.read(key, row)
        found[key] = kinds[read.kind](read)
    return found
