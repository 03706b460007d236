"""Signed single sign-on: a website with its own sign-in passes its user in a signed token.

The token is a JSON Web Token (RFC 7519) with HMAC-SHA256 under a secret shared by the website's
server and this service. Everyone who reads the page sees the token, so it is short-lived and valid
for one site only.
"""

import time
from collections.abc import Callable, Sequence

from comment_service.identity.claims import person_from_claims, text_at
from comment_service.identity.person import Person, ProviderError
from comment_service.identity.rows import Row

SSO = "sso"
MAX_SECONDS = 3600
"""Maximum lifetime of a token: it is part of the page's source, which may be cached."""
LEEWAY_SECONDS = 60
MIN_SECRET_BYTES = 32
"""Minimum length of the secret in bytes; RFC 7518, section 3.2, requires the hash's length."""
MODERATOR, AUTHOR = "moderator", "author"
_ROW = Row(SSO, url="url", trust_email=True)


def verify_token(
    token: str, secret: str, site: str, now: Callable[[], float] = time.time
) -> tuple[Person, Sequence[object]]:
    """Verify a token; return the person signed in at the website and their roles there.

    Raises:
        ProviderError: the signature is wrong, the token is for another site, or it has expired.
    """
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import OctKey

    registry = jwt.JWTClaimsRegistry(
        now=lambda: int(now()),
        leeway=LEEWAY_SECONDS,
        aud={"essential": True, "value": site},
        sub={"essential": True},
        iat={"essential": True},
        exp={"essential": True},
    )
    try:
        key = OctKey.import_key(secret)
        claims = jwt.decode(token, key, algorithms=["HS256"]).claims
        registry.validate(claims)
    except (JoseError, ValueError, TypeError) as error:
        raise ProviderError(f"The website's own log-in could not be used: {error}.") from error
    if claims["exp"] - claims["iat"] > MAX_SECONDS:
        raise ProviderError("The website's own log-in is good for too long: an hour at most.")
    roles = claims.get("roles")
    if not isinstance(roles, Sequence) or isinstance(roles, str):
        roles = ()
    issuer = f"{SSO}:{site}"
    return person_from_claims(_ROW, issuer, text_at(claims, "sub"), claims), roles
