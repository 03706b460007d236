"""Passkeys: the two ceremonies of WebAuthn (W3C, Level 2), by ``webauthn``, imported when needed.

A page of ours gives the browser options with a challenge; what the browser answers is verified
against the challenge, our origin and our host. Keys are asked to be discoverable, so that nobody
has to say first who they are; nothing is asked about who made them.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from comment_service.identity.person import ProviderError
from comment_service.text.sentences import sentence

PASSKEY = "passkey"
"""Issuer and provider of the identities that passkeys prove."""
MOST = 20_000
"""Characters of a browser's answer."""
REFUSED = sentence("This passkey was not accepted. Start again.")


@dataclass(frozen=True)
class Ceremony:
    """Where a ceremony takes place, and the challenge that is good for this one only."""

    host: str
    origin: str
    title: str
    challenge: str


@dataclass(frozen=True)
class Key:
    """The public half of a passkey; ``count`` is how often its other half says it was used."""

    credential_id: bytes
    public_key: bytes
    count: int
    transports: Sequence[str] = ()

    @property
    def subject(self) -> str:
        """What the identity is known by."""
        return subject_of(self.credential_id)


def subject_of(credential_id: bytes) -> str:
    """Return the SHA-256 of a credential's id, which may itself be longer than a subject."""
    return hashlib.sha256(credential_id).hexdigest()


def creation_options(ceremony: Ceremony, known: Sequence[bytes] = ()) -> str:
    """Return what a browser needs to make a passkey, as JSON; what holds a known key makes none."""
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
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=one) for one in known],
    )
    return webauthn.options_to_json(options)


def request_options(ceremony: Ceremony) -> str:
    """Return what a browser needs to find a passkey of this host, as JSON."""
    import webauthn

    options = webauthn.generate_authentication_options(
        rp_id=ceremony.host, challenge=ceremony.challenge.encode()
    )
    return webauthn.options_to_json(options)


def made(ceremony: Ceremony, answer: str) -> Key:
    """Return the key that a browser has made.

    Raises:
        ProviderError: it was not made for this challenge, here.
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
    told = credential["response"].get("transports") or []
    transports = [one[:32] for one in told if isinstance(one, str)][:8]
    public_key = found.credential_public_key
    return Key(found.credential_id, public_key, found.sign_count, transports)


def shown_id(answer: str) -> bytes:
    """Return the id of the key that a browser answers with; nothing is proven by it yet.

    Raises:
        ProviderError: there is none.
    """
    from webauthn import base64url_to_bytes

    try:
        return base64url_to_bytes(str(_read(answer).get("id", "")))
    except ValueError as error:
        raise ProviderError(REFUSED) from error


def count_shown(ceremony: Ceremony, key: Key, answer: str) -> int:
    """Return how often a key says that it was used, once it is proven that it answers.

    Raises:
        ProviderError: it does not answer this challenge, here, or has answered more often before.
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
    """Return a browser's answer.

    Raises:
        ProviderError: it is none.
    """
    try:
        found = json.loads(answer) if len(answer) <= MOST else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("response"), dict):
        raise ProviderError(sentence("The browser gave no passkey. Start again."))
    return found


def _verified(verify: Any, **given: Any) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from webauthn.helpers.exceptions import WebAuthnException

    wrong = (WebAuthnException, UnsupportedAlgorithm, ValueError, TypeError, LookupError)
    try:
        return verify(**given)
    except wrong as error:
        raise ProviderError(REFUSED) from error
