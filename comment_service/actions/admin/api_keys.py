"""Create and revoke keys of programs; a key is shown once, and only its hash is stored."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from comment_service.errors import DoesNotExist, InvalidFields, NotAllowed
from comment_service.runtime import Runtime
from comment_service.storage.admin import api_keys, rights
from comment_service.storage.admin.people import OPERATOR
from comment_service.storage.db.tokens import hash_token
from comment_service.storage.tables import SCOPES, ApiKey, Moderator
from comment_service.text.sentences import staff_sentence

AKISMET = "akismet"
MAX_NAME = 100
_AKISMET_BYTES = 6
"""WordPress's Akismet plugin accepts twelve hexadecimal digits only, and drops other letters."""

_OF_HOST = staff_sentence(
    "A key would go on working after the website has taken your role away. An owner with an "
    "account of this service makes it, or `comment-service key add`."
)


@dataclass(frozen=True)
class NewKey:
    """A new key with its token, which nobody can read again."""

    id: int
    token: str


def create(
    *,
    session: Session,
    runtime: Runtime,
    site_id: int | None,
    name: str,
    scopes: Collection[str],
    by: int | None,
    acts_for: int | None = None,
) -> NewKey:
    """Create a key of a site, or of every site; ``by`` None is the server's operator.

    A key acts for the moderator who makes it; the operator can name one in ``acts_for``.

    Raises:
        DoesNotExist: the moderator does not own the site.
        InvalidFields: the name is empty or too long, or the scopes cannot be combined.
        NotAllowed: the host application signs the moderator in; a key would outlive their role.
    """
    if by is not None and not _owns(session, by, site_id):
        raise DoesNotExist("There is no such site.")
    name = " ".join(name.split())
    problems: dict[str, list[str]] = {}
    if not 0 < len(name) <= MAX_NAME:
        problems["name"] = [
            staff_sentence("Give the key a name of up to %(number)s characters.", number=MAX_NAME)
        ]
    if not scopes or not set(scopes) <= set(SCOPES):
        problems["scopes"] = [staff_sentence("Choose what the key may do.")]
    elif AKISMET in scopes and len(set(scopes)) > 1:
        problems["scopes"] = [
            staff_sentence("A key for the Akismet-compatible API is short, so it is only that.")
        ]
    elif AKISMET in scopes and site_id is None:
        problems["site"] = [
            staff_sentence("A key for the Akismet-compatible API belongs to one site.")
        ]
    if by is None and acts_for is not None and not _moderates(session, acts_for, site_id):
        problems["moderator"] = [staff_sentence("This person has no role on the site.")]
    if problems:
        raise InvalidFields(problems)
    if by is not None and session.get_one(Moderator, by).host_id:
        raise NotAllowed(_OF_HOST)
    token = _akismet_token() if AKISMET in scopes else f"cs_{secrets.token_urlsafe(32)}"
    row = ApiKey(site_id=site_id, name=name, key_hash=hash_token(token), hint=token[-4:])
    row.scopes, row.created_by = [one for one in SCOPES if one in scopes], _name(session, by)
    row.moderator_id = acts_for if by is None else by
    row.created_at = runtime.now()
    session.add(row)
    session.flush()
    return NewKey(row.id, token)


def revoke(*, session: Session, runtime: Runtime, by: int | None, key_id: int) -> ApiKey:
    """Revoke a key; it stops working at once. Idempotent.

    Raises:
        DoesNotExist: there is no such key on a site that the moderator owns.
    """
    row = api_keys.load(session, key_id)
    if row is None or (by is not None and not _owns(session, by, row.site_id)):
        raise DoesNotExist("There is no such key.")
    if row.revoked_at is None:
        row.revoked_at, row.revoked_by = runtime.now(), _name(session, by)
    return row


def _owns(session: Session, moderator_id: int, site_id: int | None) -> bool:
    own = rights.rights_of(session, moderator_id)
    return own.owned is None if site_id is None else own.owns(site_id)


def _moderates(session: Session, moderator_id: int, site_id: int | None) -> bool:
    role = rights.rights_of(session, moderator_id)
    return role.sites is None if site_id is None else role.moderates(site_id)


def _name(session: Session, moderator_id: int | None) -> str:
    return OPERATOR if moderator_id is None else session.get_one(Moderator, moderator_id).name


def _akismet_token() -> str:
    return secrets.token_hex(_AKISMET_BYTES)
