"""OpenID Connect with discovery: Core 1.0, Discovery 1.0, PKCE (RFC 7636) and RFC 9207.

Authlib and joserfc are imported inside functions, because importing them takes half a second.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from comment_service import fetching
from comment_service.identity import oauth
from comment_service.identity.claims import person_from_claims, text_at
from comment_service.identity.flow import Flow
from comment_service.identity.person import Person, ProviderError
from comment_service.identity.rows import Row

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""Public-key signatures only: with HS256, anyone who knows the public key could sign."""
LEEWAY_SECONDS = 60
CACHE_SECONDS = 3600.0
"""How long the issuer's metadata and keys are cached."""
_TENANT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class OpenIdConnect:
    """A provider with one issuer."""

    asks = ""

    def __init__(self, row: Row, now: Callable[[], float] = time.time) -> None:
        self.row = row
        self.key, self.title = row.key, row.title
        self._now = now
        self._found: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, Any] | None = None

    def start(self, flow: Flow, typed: str = "") -> tuple[str, Flow]:
        """Return the URL to redirect the browser to.

        Raises:
            ProviderError: the issuer's metadata cannot be fetched.
        """
        extra = {"nonce": flow.nonce}
        if self.row.response_mode:
            extra["response_mode"] = self.row.response_mode
        return oauth.authorization_url(
            self.row, self._discovered()["authorization_endpoint"], flow, extra
        ), flow

    def finish(self, flow: Flow, answer: Mapping[str, str]) -> Person:
        """Return the person who signed in.

        Raises:
            ProviderError: the callback, the token or the user info is invalid.
        """
        metadata = self._discovered()
        oauth.check_callback(
            answer, metadata["issuer"], named=metadata.get(_ISSUER_IN_RESPONSE) is True
        )
        row = replace(self.row, client_secret=self._secret())
        tokens = oauth.exchange_code(row, metadata["token_endpoint"], flow, answer["code"])
        response = self._verified(str(tokens.get("id_token") or ""), flow, metadata)
        subject = text_at(response, "sub")
        if not (response.get("name") and response.get("email")) and metadata.get(
            "userinfo_endpoint"
        ):
            response = {
                **self._user_info(metadata["userinfo_endpoint"], tokens, subject),
                **response,
            }
        return person_from_claims(self.row, response["iss"], subject, response)

    def _secret(self) -> str:
        """Return the client secret."""
        return self.row.client_secret

    def _discovered(self) -> Mapping[str, Any]:
        """Return the issuer's metadata.

        Raises:
            ProviderError: there is none, or it belongs to another issuer.
        """
        if self._found is not None and self._now() - self._found[0] < CACHE_SECONDS:
            return self._found[1]
        url = self.row.issuer.rstrip("/") + "/.well-known/openid-configuration"
        with fetching.trusted_session() as session:
            found = fetching.request_json(session, "GET", url)
        needed = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
        if not all(isinstance(found.get(name), str) for name in needed):
            raise ProviderError(f"{self.title} does not describe itself as it should.")
        if found["issuer"] not in {self.row.issuer, _without_tenant(self.row.issuer)}:
            raise ProviderError(f"{self.title} describes itself as somebody else.")
        self._found = self._now(), found
        return found

    def _key_set(self, uri: str, *, refresh: bool = False) -> "KeySet":
        """Return the issuer's public keys; ``refresh`` bypasses the cache."""
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        if self._keys is not None and not refresh and self._now() - self._keys[0] < CACHE_SECONDS:
            keys: KeySet = self._keys[1]
            return keys
        with fetching.trusted_session() as session:
            found = fetching.request_json(session, "GET", uri)
        try:
            keys = KeySet.import_key_set(found)  # type: ignore[arg-type]
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderError(f"The keys of {self.title} could not be used.") from error
        self._keys = self._now(), keys
        return keys

    def _verified(self, token: str, flow: Flow, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """Verify an ID token (Core 1.0, section 3.1.3.7) and return its claims.

        Raises:
            ProviderError: signature, issuer, audience, time or nonce is wrong.
        """
        from joserfc import jwt
        from joserfc.errors import JoseError

        claims = self._signed(token, metadata["jwks_uri"])
        issuer = _of_tenant(metadata["issuer"], claims)
        registry = jwt.JWTClaimsRegistry(
            now=lambda: int(self._now()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": self.row.client_id},
            nonce={"essential": True, "value": flow.nonce},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )
        try:
            registry.validate(claims)
        except JoseError as error:
            raise ProviderError(f"What {self.title} signed is not meant for us: {error}") from error
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else self.row.client_id) != self.row.client_id:
            raise ProviderError(f"What {self.title} signed is meant for somebody else.")
        return claims

    def _signed(self, token: str, uri: str) -> dict[str, Any]:
        """Verify a token's signature and return its claims; refetch the keys once if needed.

        Raises:
            ProviderError: the token is malformed, or signed with an unknown key.
        """
        from joserfc import jwt
        from joserfc.errors import JoseError

        problem: Exception | None = None
        for refresh in (False, True):
            try:
                keys = self._key_set(uri, refresh=refresh)
                return dict(jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims)
            except (JoseError, ValueError, TypeError) as error:
                problem = error
        raise ProviderError(f"What {self.title} sent is not signed as it must be.") from problem

    def _user_info(self, url: str, tokens: Mapping[str, Any], subject: str) -> Mapping[str, Any]:
        """Return the claims of the user info endpoint (Core 1.0, section 5.3.2).

        Raises:
            ProviderError: the claims belong to another subject.
        """
        bearer = {"Authorization": f"Bearer {tokens.get('access_token', '')}"}
        with fetching.trusted_session() as session:
            found = fetching.request_json(session, "GET", url, headers=bearer)
        if found.get("sub") != subject:
            raise ProviderError(f"{self.title} told us of two different people.")
        return found


_ISSUER_IN_RESPONSE = "authorization_response_iss_parameter_supported"


def _without_tenant(issuer: str) -> str:
    """Return the issuer in the metadata of Microsoft's multi-tenant endpoints.

    The tenant is metadata only from the token.
    """
    return re.sub(r"/(common|organizations|consumers)/", "/{tenantid}/", issuer)


def _of_tenant(issuer: str, claims: Mapping[str, Any]) -> str:
    """Return the issuer, with the token's tenant filled in if it has a placeholder.

    Raises:
        ProviderError: the tenant id is invalid.
    """
    if "{tenantid}" not in issuer:
        return issuer
    tenant = str(claims.get("tid", ""))
    if not _TENANT.fullmatch(tenant):
        raise ProviderError("The provider did not say to whom your account belongs.")
    return issuer.replace("{tenantid}", tenant)
