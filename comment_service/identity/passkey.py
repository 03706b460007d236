"""Passkeys: WebAuthn registration and authentication (W3C, Level 2), with the ``webauthn`` library.

Our page gives the browser options with a challenge; the browser's response is verified against
the challenge, our origin and our host. We request discoverable credentials, so that nobody has to
name an account first, and no attestation. The library is imported when needed.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from comment_service.identity.person import ProviderError
from comment_service.text.sentences import sentence

PASSKEY = "passkey"
"""Issuer and provider key of passkey identities."""
MAX_RESPONSE_CHARS = 20_000
"""Maximum length of a browser's response, in characters."""
REFUSED = sentence("This passkey was not accepted. Start again.")


@dataclass(frozen=True)
class Ceremony:
    """The host and origin of one registration or authentication, and its one-time challenge."""

    host: str
    origin: str
    title: str
    challenge: str


@dataclass(frozen=True)
class Key:
    """The public part of a passkey; ``count`` is the authenticator's last signature counter."""

    credential_id: bytes
    public_key: bytes
    count: int
    transports: Sequence[str] = ()

    @property
    def subject(self) -> str:
        """Return the subject of the identity."""
        return subject_of(self.credential_id)


def subject_of(credential_id: bytes) -> str:
    """Return the SHA-256 of a credential id; the id itself may be longer than a subject."""
    return hashlib.sha256(credential_id).hexdigest()


def creation_options(ceremony: Ceremony, known: Sequence[bytes] = ()) -> str:
    """Return the registration options as JSON; exclude ``known`` credentials."""
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_registration_options(
        rp_id=ceremony.host,
        rp_name=ceremony.title,
        user_name=ceremony.title,
        challenge=ceremony.challenge.encode(),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=key) for key in known],
    )
    return webauthn.options_to_json(options)


def request_options(ceremony: Ceremony) -> str:
    """Return the authentication options for this host as JSON."""
    import webauthn

    options = webauthn.generate_authentication_options(
        rp_id=ceremony.host, challenge=ceremony.challenge.encode()
    )
    return webauthn.options_to_json(options)


def verify_registration(ceremony: Ceremony, answer: str) -> Key:
    """Verify a registration response and return the new key.

    Raises:
        ProviderError: the response does not match this challenge, host or origin.
    """
    import webauthn

    credential = _read(answer)
    found = _verified(
        webauthn.verify_registration_response,
        credential=credential,
        expected_challenge=ceremony.challenge.encode(),
        expected_rp_id=ceremony.host,
        expected_origin=ceremony.origin,
    )
    transports = credential["response"].get("transports") or []
    transports = [name[:32] for name in transports if isinstance(name, str)][:8]
    public_key = found.credential_public_key
    return Key(found.credential_id, public_key, found.sign_count, transports)


def claimed_credential_id(answer: str) -> bytes:
    """Return the credential id in an authentication response, which is not verified yet.

    Raises:
        ProviderError: there is no valid id.
    """
    from webauthn import base64url_to_bytes

    try:
        return base64url_to_bytes(str(_read(answer).get("id", "")))
    except ValueError as error:
        raise ProviderError(REFUSED) from error


def verify_authentication(ceremony: Ceremony, key: Key, answer: str) -> int:
    """Verify an authentication response and return the new signature counter.

    Raises:
        ProviderError: the response does not match the challenge, host, origin or key, or its
            counter is lower than before.
    """
    import webauthn

    found = _verified(
        webauthn.verify_authentication_response,
        credential=_read(answer),
        expected_challenge=ceremony.challenge.encode(),
        expected_rp_id=ceremony.host,
        expected_origin=ceremony.origin,
        credential_public_key=key.public_key,
        credential_current_sign_count=key.count,
    )
    return int(found.new_sign_count)


def _read(answer: str) -> dict[str, Any]:
    """Parse a browser's response.

    Raises:
        ProviderError: it is malformed.
    """
    try:
        found = json.loads(answer) if len(answer) <= MAX_RESPONSE_CHARS else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("response"), dict):
        raise ProviderError(sentence("The browser gave no passkey. Start again."))
    return found


def _verified(verify: Any, **arguments: Any) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from webauthn.helpers.exceptions import WebAuthnException

    wrong = (WebAuthnException, UnsupportedAlgorithm, ValueError, TypeError, LookupError)
    try:
        return verify(**arguments)
    except wrong as error:
        raise ProviderError(REFUSED) from error
