"""Signed single sign-on: a website's own log-in says who is there, in a token that it signs.

A JSON Web Token (RFC 7519) with HMAC-SHA256 under a secret that the website's server and this
service share. Whoever reads the page sees the token, so it is short-lived, and for one site.
"""

import time
from collections.abc import Callable, Sequence

from comment_service.identity import claims as told
from comment_service.identity.person import Person, ProviderError
from comment_service.identity.rows import Row

SSO = "sso"
MAX_SECONDS = 3600
"""Longest life of a token: it stands in the page's source, and a cache may keep that."""
LEEWAY_SECONDS = 60
LEAST_SECRET = 32
"""Bytes: RFC 7518, section 3.2, asks for a key as long as the hash."""
MODERATOR, AUTHOR = "moderator", "author"
_ROW = Row(SSO, url="url", trust_email=True)


def read(
    token: str, secret: str, site: str, now: Callable[[], float] = time.time
) -> tuple[Person, Sequence[object]]:
    """Return who is signed in at the website of a site, and whether they moderate there.

    Raises:
        ProviderError: the token is not the website's, not for this site, or too old.
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
    return told.person(_ROW, issuer, told.text(claims, "sub"), claims), roles
