"""Create the sign-in providers from the settings."""

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
    """Return kind of row → provider class."""
    return {
        "oidc": OpenIdConnect,
        "oauth": OAuth2,
        "apple": Apple,
        "mastodon": lambda row: Mastodon(row, apps),
        "indieauth": IndieAuth,
    }


def build_providers(tables: Mapping[str, Mapping[str, Any]], apps: Apps) -> Mapping[str, Provider]:
    """Return key → provider, in the order of the settings.

    Args:
        tables: key → the table of one provider in the settings.
        apps: storage of client credentials issued by Mastodon servers.

    Raises:
        ValueError: a row is invalid; the message names it.
    """
    found, kinds = {}, _kinds(apps)
    for key, row in tables.items():
        if not isinstance(row, Mapping):
            raise ValueError(f"COMMENTS_PROVIDERS: {key} is a table of its own.")  # noqa: TRY004
        parsed = rows.parse_row(key, row)
        found[key] = kinds[parsed.kind](parsed)
    return found
