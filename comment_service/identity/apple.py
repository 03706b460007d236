"""Sign in with Apple: OpenID Connect with a client secret that we sign for each sign-in."""

import time

from comment_service.identity.oidc import OpenIdConnect

SECRET_SECONDS = 300


class Apple(OpenIdConnect):
    """Sign in with Apple, using the identifiers and the key from Apple's developer page."""

    def _secret(self) -> str:
        """Return the client secret: a JWT for Apple, signed with the owner's key (ES256)."""
        from joserfc import jwt
        from joserfc.jwk import ECKey

        now = int(time.time())
        claims = {
            "iss": self.row.team_id,
            "iat": now,
            "exp": now + SECRET_SECONDS,
            "aud": self.row.issuer,
            "sub": self.row.client_id,
        }
        key = ECKey.import_key(self.row.private_key.replace("\\n", "\n"))
        return str(jwt.encode({"alg": "ES256", "kid": self.row.key_id}, claims, key))
