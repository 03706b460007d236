"""The second factor: six digits of an app (TOTP, RFC 6238), or one of ten recovery codes.

The app's secret is not kept: it is made from the server's own and a salt. A code lets in once.
"""

import base64
import hmac
import secrets
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from comment_service.actions.admin import passwords
from comment_service.errors import AlreadyDone, InvalidFields, NotThere
from comment_service.runtime import Runtime
from comment_service.storage.admin import people
from comment_service.storage.db.session import serialise
from comment_service.storage.tables import Moderator

STEP = 30
"""Seconds for which a code stands."""
CODES = 10
NOT_YOURS = "This is not your password, or too many were wrong."

Problems = Mapping[str, Sequence[str]]
"""Field of a form → what is wrong with it; empty where all went well."""

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def begin(*, session: Session, runtime: Runtime, moderator: Moderator, password: str) -> Problems:
    """Make a new secret; it counts for nothing until a code of it confirms.

    Returns what is wrong: a wrong password is counted, so the caller commits before it refuses.

    Raises:
        AlreadyDone: the second factor is on.
    """
    if moderator.second_since is not None:
        raise AlreadyDone("The second factor is on already; turn it off first.")
    if not right_password(session, runtime, moderator, password):
        return {"second_password": [NOT_YOURS]}
    moderator.second_salt = secrets.token_hex(16)
    session.flush()
    return {}


def secret(runtime: Runtime, moderator: Moderator) -> str:
    """Return the secret for the app, 160 bits in base32.

    Raises:
        NotThere: none was begun.
    """
    if not moderator.second_salt:
        raise NotThere("Begin with the second factor on your own page.")
    value = f"{moderator.id} {moderator.second_salt}"
    digits = "".join(runtime.keyed_hash(f"second {part}", value) for part in (1, 2))
    return base64.b32encode(bytes.fromhex(digits)[:20]).decode()


def uri(runtime: Runtime, moderator: Moderator, issuer: str) -> str:
    """Return the address that an app reads from the QR code."""
    import pyotp

    found = pyotp.TOTP(secret(runtime, moderator))
    return found.provisioning_uri(name=moderator.email, issuer_name=issuer)


def confirm(
    *, session: Session, runtime: Runtime, moderator: Moderator, code: str, session_id: int
) -> Sequence[str]:
    """Turn the second factor on; return the recovery codes, which are not kept.

    Every other session ends, and links to come in: none of them was asked for a code.

    Raises:
        AlreadyDone: it is on.
        InvalidFields: the code is wrong.
    """
    if moderator.second_since is not None:
        raise AlreadyDone("The second factor is on already.")
    if not _is_fresh(runtime, moderator, code):
        raise InvalidFields(
            {"code": ["This is not the code that the app shows now. Try the next."]}
        )
    moderator.second_since = runtime.now()
    codes = [_recovery_code() for _ in range(CODES)]
    moderator.recovery = [_kept(runtime, moderator, one) for one in codes]
    people.end_sessions(session, moderator.id, runtime.now(), but=session_id)
    note(session, runtime, moderator, "second_on")
    return codes


def turn_off(
    *, session: Session, runtime: Runtime, moderator: Moderator, password: str, code: str
) -> Problems:
    """Turn the second factor off.

    Returns what is wrong: a wrong password or code is counted, so the caller commits before it
    refuses.
    """
    if moderator.second_since is None:
        return {}
    if not right_password(session, runtime, moderator, password) or not fits(
        runtime, moderator, code
    ):
        return {"code": ["Password and code do not match, or too many were wrong."]}
    clear(moderator)
    note(session, runtime, moderator, "second_off")
    return {}


def clear(moderator: Moderator) -> None:
    """Forget the second factor."""
    moderator.second_since, moderator.second_salt = None, ""
    moderator.second_last, moderator.recovery = 0, []


def right_password(session: Session, runtime: Runtime, moderator: Moderator, password: str) -> bool:
    """Tell whether the password is right; an account without one needs none.

    A wrong one is counted; a locked account has no right one. Tries are looked at one by one.
    """
    serialise(session, f"sign in {moderator.email.lower()}")
    session.refresh(moderator, with_for_update=True)
    if not moderator.password_hash:
        return True
    if passwords.locked(moderator, runtime.now()):
        return False
    if passwords.fits(moderator.password_hash, password):
        return True
    passwords.missed(moderator, runtime.now())
    return False


def fits(runtime: Runtime, moderator: Moderator, code: str) -> bool:
    """Tell whether a code lets in, and use it up; a wrong one is counted."""
    now = runtime.now()
    if passwords.locked(moderator, now):
        return False
    if _is_fresh(runtime, moderator, code) or _is_recovery(runtime, moderator, code):
        return True
    passwords.missed(moderator, now)
    return False


def _is_fresh(runtime: Runtime, moderator: Moderator, code: str) -> bool:
    """Tell whether the app shows this code, a step before or after, and it never let in before."""
    import pyotp

    digits = "".join(code.split())
    app = pyotp.TOTP(secret(runtime, moderator), interval=STEP)
    at = int(runtime.now().timestamp()) // STEP
    for step in (at, at - 1, at + 1):
        same = hmac.compare_digest(app.generate_otp(step).encode(), digits.encode())
        if same and step > moderator.second_last:
            moderator.second_last = step
            return True
    return False


def _is_recovery(runtime: Runtime, moderator: Moderator, code: str) -> bool:
    kept = _kept(runtime, moderator, code)
    if kept not in moderator.recovery:
        return False
    moderator.recovery = [one for one in moderator.recovery if one != kept]
    return True


def _recovery_code() -> str:
    parts = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
    return "-".join(parts)


def _kept(runtime: Runtime, moderator: Moderator, code: str) -> str:
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return runtime.keyed_hash("recovery", f"{moderator.id} {plain}")


def note(session: Session, runtime: Runtime, moderator: Moderator, change: str) -> None:
    """Write the audit line of what people change of their own account."""
    people.note(session, moderator.id, None, change, {}, actor=moderator.name, now=runtime.now())
