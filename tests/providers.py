"""OpenID Connect providers for the tests: a well-behaved one on a port of its own."""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def well_behaved(users: Sequence[tuple[str, dict[str, Any]]]) -> "WSGIApplication":
    """Return ``oidc-provider-mock`` with these users: subject and claims."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it imports what its own dependency calls deprecated
        from oidc_provider_mock import User, app

        made: WSGIApplication = app(
            user_claims=[User(sub=subject, claims=claims) for subject, claims in users]
        )
    return made


def row(issuer: str, **more: Any) -> dict[str, Any]:
    """Return the settings of a provider at this address."""
    given = {"issuer": issuer, "client_id": "comments", "client_secret": "a secret"}
    return {**given, "title": "Example ID", "trust_email": True, **more}
