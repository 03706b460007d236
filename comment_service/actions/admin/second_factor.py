"""The second factor: a six-digit code from an app (TOTP, RFC 6238), or a recovery code.

The app's secret is not stored: it is derived from the server's secret and a salt. Each code can be
used once.
"""

import base64
import hmac
import secrets
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from comment_service.actions.admin import passwords
from comment_service.errors import AlreadyDone, DoesNotExist, InvalidFields
from comment_service.runtime import Runtime
from comment_service.storage.admin import people
from comment_service.storage.db.session import serialise
from comment_service.storage.tables import Moderator
from comment_service.text.sentences import staff_sentence

STEP_SECONDS = 30
"""Validity of a code in seconds."""
CODES = 10
NOT_YOURS = "This is not your password, or too many were wrong."

Problems = Mapping[str, Sequence[str]]
"""Form field → errors; empty on success."""

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def begin(*, session: Session, runtime: Runtime, moderator: Moderator, password: str) -> Problems:
    """Create a new secret; it takes effect only when a code confirms it.

    A wrong password is counted, so the caller must commit before refusing.

    Returns:
        Field → errors; empty on success.

    Raises:
        AlreadyDone: the second factor is on.
    """
    if moderator.second_since is not None:
        raise AlreadyDone("The second factor is on already; turn it off first.")
    if not check_password(session, runtime, moderator, password):
        return {"second_password": [NOT_YOURS]}
    moderator.second_salt = secrets.token_hex(16)
    session.flush()
    return {}


def secret(runtime: Runtime, moderator: Moderator) -> str:
    """Return the secret for the app: 160 bits in base32.

    Raises:
        DoesNotExist: the set-up was not started.
    """
    if not moderator.second_salt:
        raise DoesNotExist("Begin with the second factor on your own page.")
    value = f"{moderator.id} {moderator.second_salt}"
    digits = "".join(runtime.keyed_hash(f"second {part}", value) for part in (1, 2))
    return base64.b32encode(bytes.fromhex(digits)[:20]).decode()


def uri(runtime: Runtime, moderator: Moderator, issuer: str) -> str:
    """Return the URI for the QR code."""
    import pyotp

    app = pyotp.TOTP(secret(runtime, moderator))
    return app.provisioning_uri(name=moderator.email, issuer_name=issuer)


def confirm(
    *, session: Session, runtime: Runtime, moderator: Moderator, code: str, session_id: int
) -> Sequence[str]:
    """Turn the second factor on; return the recovery codes, of which only hashes are stored.

    All other sessions and one-time links end, because they required no code.

    Raises:
        AlreadyDone: it is on.
        InvalidFields: the code is wrong.
    """
    if moderator.second_since is not None:
        raise AlreadyDone("The second factor is on already.")
    if not _use_app_code(runtime, moderator, code):
        sentence = staff_sentence("This is not the code that the app shows now. Try the next.")
        raise InvalidFields({"code": [sentence]})
    moderator.second_since = runtime.now()
    codes = [_recovery_code() for _ in range(CODES)]
    moderator.recovery = [_recovery_hash(runtime, moderator, code) for code in codes]
    people.end_sessions(session, moderator.id, runtime.now(), but=session_id)
    add_audit_entry(session, runtime, moderator, "second_on")
    return codes


def turn_off(
    *, session: Session, runtime: Runtime, moderator: Moderator, password: str, code: str
) -> Problems:
    """Turn the second factor off.

    A wrong password or code is counted, so the caller must commit before refusing.

    Returns:
        Field → errors; empty on success.
    """
    if moderator.second_since is None:
        return {}
    if not check_password(session, runtime, moderator, password) or not check_code(
        runtime, moderator, code
    ):
        return {"code": ["Password and code do not match, or too many were wrong."]}
    clear(moderator)
    add_audit_entry(session, runtime, moderator, "second_off")
    return {}


def clear(moderator: Moderator) -> None:
    """Remove the second factor."""
    moderator.second_since, moderator.second_salt = None, ""
    moderator.second_last, moderator.recovery = 0, []


def check_password(session: Session, runtime: Runtime, moderator: Moderator, password: str) -> bool:
    """Return True if the password is right; an account without a password needs none.

    A wrong password is counted; a locked account is always refused. Concurrent tries are
    serialised.
    """
    serialise(session, f"sign in {moderator.email.lower()}")
    session.refresh(moderator, with_for_update=True)
    if not moderator.password_hash:
        return True
    if passwords.is_locked(moderator, runtime.now()):
        return False
    if passwords.matches(moderator.password_hash, password):
        return True
    passwords.count_failure(moderator, runtime.now())
    return False


def check_code(runtime: Runtime, moderator: Moderator, code: str) -> bool:
    """Return True if a code is valid, and use it up; a wrong code is counted."""
    now = runtime.now()
    if passwords.is_locked(moderator, now):
        return False
    if _use_app_code(runtime, moderator, code) or _use_recovery_code(runtime, moderator, code):
        return True
    passwords.count_failure(moderator, now)
    return False


def _use_app_code(runtime: Runtime, moderator: Moderator, code: str) -> bool:
    """Return True if the app shows this code now (± one step) and it was not used before."""
    import pyotp

    digits = "".join(code.split())
    app = pyotp.TOTP(secret(runtime, moderator), interval=STEP_SECONDS)
    at = int(runtime.now().timestamp()) // STEP_SECONDS
    for step in (at, at - 1, at + 1):
        same = hmac.compare_digest(app.generate_otp(step).encode(), digits.encode())
        if same and step > moderator.second_last:
            moderator.second_last = step
            return True
    return False


def _use_recovery_code(runtime: Runtime, moderator: Moderator, code: str) -> bool:
    code_hash = _recovery_hash(runtime, moderator, code)
    if code_hash not in moderator.recovery:
        return False
    moderator.recovery = [code for code in moderator.recovery if code != code_hash]
    return True


def _recovery_code() -> str:
    parts = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
    return "-".join(parts)


def _recovery_hash(runtime: Runtime, moderator: Moderator, code: str) -> str:
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return runtime.keyed_hash("recovery", f"{moderator.id} {plain}")


def add_audit_entry(session: Session, runtime: Runtime, moderator: Moderator, change: str) -> None:
    """Add an audit entry for a change of a moderator's own account."""
    people.add_audit_entry(
        session, moderator.id, None, change, {}, actor=moderator.name, now=runtime.now()
    )
