"""What readers change of their own account: name, website, what leads to it."""

from sqlalchemy.orm import Session

from comment_service.actions.readers.set_name import take_name
from comment_service.errors import AlreadyDone, NotAllowed, NotThere
from comment_service.identity import GUEST, HOST
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.comments import threads
from comment_service.storage.db.session import serialise
from comment_service.storage.readers import accounts, activity


def rename(
    *, session: Session, runtime: Runtime, author: t.Author, name: str, website: str
) -> None:
    """Take another name and website from the next comment on; what was written keeps its own.

    Raises:
        NotAllowed: nobody has proven to be this author, the host says what they are called, or a
            block stands.
        InvalidFields: the name or the website cannot be taken (``take_name``).
    """
    if not _is_proven(session, author):
        raise NotAllowed("Log in first: as a guest you give your name with each comment.")
    if accounts.stands_blocked(author, runtime.now()):
        raise NotAllowed("This cannot be changed now. Ask the moderators of the site.")
    kept, url = take_name(
        session=session, runtime=runtime, site_id=author.site_id, name=name, website=website
    )
    if (author.name, author.url) == (kept, url):
        return
    author.name, author.url = kept, url
    accounts.note(session, author, "renamed", {}, now=runtime.now())
    _touch(session, author)


def _is_proven(session: Session, author: t.Author) -> bool:
    """Tell whether an account speaks: a guest's name in public lists is one that was screened."""
    return any(one.provider not in {GUEST, HOST} for one in accounts.identities(session, author.id))


def _touch(session: Session, author: t.Author) -> None:
    """Have the pages shown anew on which an author's name or picture stands."""
    for page_id in accounts.pages_of(session, author.id):
        threads.touch(session, page_id)


def remove_identity(
    *, session: Session, runtime: Runtime, author: t.Author, identity_id: int
) -> None:
    """Let an identity lead to this account no more; what it opened ends.

    Raises:
        NotThere: it is none of theirs.
        NotAllowed: a block stands, from which nobody walks away like this.
        AlreadyDone: it is the last one, and nothing would lead to the account any more.
    """
    serialise(session, f"identities {author.id}")
    found = accounts.identities(session, author.id)
    identity = next((one for one in found if one.id == identity_id), None)
    if identity is None:
        raise NotThere("This does not lead to your account (any more).")
    if accounts.stands_blocked(author, runtime.now()):
        raise NotAllowed("This cannot be removed now. Ask the moderators of the site.")
    rest = [one for one in found if one.id != identity_id]
    if not rest:
        raise AlreadyDone("Nothing else leads to your account: add another way to log in first.")
    about = {"provider": identity.provider}
    session.delete(identity)
    session.flush()
    _without(session, author, rest)
    accounts.note(session, author, "identity removed", about, now=runtime.now())


def _without(session: Session, author: t.Author, rest: list[t.Identity]) -> None:
    """Forget what nothing proves any more: the address, the picture."""
    addresses = [one.email for one in rest if one.email]
    if author.proven_email not in {address.lower() for address in addresses}:
        author.email = addresses[0] if addresses else ""
        author.proven_email = author.email.lower()
    if author.picture and not any(one.picture_url for one in rest):
        drawn = activity.picture(session, author.id)
        if drawn is not None:
            session.delete(drawn)
        author.picture = ""
        _touch(session, author)
    session.flush()
