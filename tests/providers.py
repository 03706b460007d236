"""OpenID Connect providers for the tests: a well-behaved one, and one that does what it is told."""

import base64
import hmac
import json
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request
from joserfc import jwk, jwt

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


@dataclass
class Odd:
    """A provider whose answers a test changes; the browser's part is played by the test.

    ``claims`` are laid over those of an ID token that would be accepted, None takes one away;
    ``sign`` turns claims into a token; ``answers`` are answers of its addresses, by path.
    """

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Callable[[], Response]] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    nonce: str = ""
    codes: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    key: jwk.RSAKey = field(default_factory=lambda: jwk.RSAKey.generate_key(2048, {"kid": "one"}))

    def sign(self, claims: dict[str, Any]) -> str:
        return str(jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key))

    def sign_with_hmac(self, claims: dict[str, Any]) -> str:
        """Sign with the public key as if it were a secret: everybody could."""
        body = _part({"alg": "HS256", "kid": "one"}) + b"." + _part(claims)
        secret = self.key.as_pem(private=False)
        return (body + b"." + _base64(hmac.digest(secret, body, "sha256"))).decode()

    def unsigned(self, claims: dict[str, Any]) -> str:
        return (_part({"alg": "none"}) + b"." + _part(claims) + b".").decode()

    def token(self) -> str:
        now = int(time.time())
        fine = {"iss": self.issuer, "aud": "comments", "sub": "ada-1", "nonce": self.nonce}
        told = {**fine, "iat": now, "exp": now + 300, "name": "Ada", **self.claims}
        return self.sign({name: value for name, value in told.items() if value is not None})

    def app(self) -> Flask:
        made = Flask("odd provider")

        @made.before_request
        def told() -> Response | None:
            self.asked.append(request.path)
            answer = self.answers.get(request.path)
            return answer() if answer else None

        @made.get("/.well-known/openid-configuration")
        def metadata() -> Response:
            at = {
                name: f"{self.issuer}/{path}"
                for name, path in (
                    ("authorization_endpoint", "authorize"),
                    ("token_endpoint", "token"),
                    ("jwks_uri", "jwks"),
                    ("userinfo_endpoint", "info"),
                )
            }
            return jsonify({"issuer": self.issuer, **at, **self.metadata})

        @made.get("/jwks")
        def keys() -> Response:
            return jsonify(keys=[self.key.as_dict(private=False)])

        @made.post("/token")
        def token() -> Response | tuple[Response, int]:
            code = request.form["code"]
            if code in self.codes or not request.form.get("code_verifier"):
                return jsonify(error="invalid_grant"), 400
            self.codes.add(code)
            return jsonify(access_token="opens", token_type="Bearer", id_token=self.token())

        @made.get("/info")
        def info() -> Response:
            return jsonify({"sub": "ada-1", **self.info})

        return made


def _part(value: dict[str, Any]) -> bytes:
    return _base64(json.dumps(value).encode())


def _base64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")
