"""Add, rename and remove sites, and register their origins; each change is in the change log.

Owners of every site add and remove sites; the owner of a site changes its name and origins.
"""

import re
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.errors import AlreadyDone, DoesNotExist, InvalidFields, NotAllowed
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.admin import embed_origins, people, rights, seats, sites
from comment_service.storage.admin.rights import Rights
from comment_service.storage.comments.replies import unlink_replies
from comment_service.storage.db.session import serialise
from comment_service.text import origins as rules
from comment_service.text.names import clean_name
from comment_service.text.sentences import staff_sentence

MOST_ORIGINS = 100
LONGEST_NAME = 200
DELETED_AT_ONCE = 5000
"""Comments of a site that the pages delete in one transaction; more would hold up other writers."""
_BARE_HOST = re.compile(r"(\*\.)?[\w-]+(\.[\w-]+)+(:\d+)?")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
NO_SUCH_SITE = staff_sentence("There is no such site, or you do not own it.")


def add_site(
    *,
    session: Session,
    runtime: Runtime,
    by: int | None,
    key: str,
    name: str,
    origins: Sequence[str],
) -> t.Site:
    """Add a site; ``by`` None is the server's operator.

    Raises:
        NotAllowed: ``by`` does not own every site.
        InvalidFields: the key, the name or an origin is not acceptable.
    """
    serialise(session, "sites")
    actor = _require_all(session, by)
    key, problems = key.strip(), {}
    if not _KEY.fullmatch(key):
        problems["key"] = [
            staff_sentence(
                "Use up to 64 letters, digits, dots, hyphens and underscores; begin with a letter "
                "or a digit."
            )
        ]
    elif sites.find(session, key) is not None:
        problems["key"] = [staff_sentence("There is a site %(key)s already.", key=key)]
    name = _clean(name or key, problems)
    registered = [_origin(one, problems) for one in origins]
    if problems:
        raise InvalidFields(problems)
    now = runtime.now()
    site = sites.ensure_site(session, key=key, name=name, origins=sorted({*registered}), now=now)
    about = {"site": key, "origins": site.origins}
    people.add_audit_entry(session, None, site.id, "site_added", about, actor=actor, now=now)
    return site


def rename_site(
    *, session: Session, runtime: Runtime, by: int | None, site_id: int, name: str
) -> t.Site:
    """Change a site's name, which readers see; its key stays, because pages name it.

    Raises:
        DoesNotExist: ``by`` owns no such site.
        InvalidFields: the name is empty or too long.
    """
    site, actor = require_site(session, by, site_id)
    problems: dict[str, list[str]] = {}
    name = _clean(name, problems)
    if problems:
        raise InvalidFields(problems)
    if name != site.name:
        before, site.name = site.name, name
        log_change(session, runtime, site, "site_renamed", actor=actor, before=before, name=name)
    return site


def remove_site(
    *,
    session: Session,
    runtime: Runtime,
    by: int | None,
    site_id: int,
    typed: str,
    most: int | None = DELETED_AT_ONCE,
) -> str:
    """Delete a site with its pages, comments, rules, models and roles; return its name.

    Args:
        session: of a transaction.
        runtime: the app's state.
        by: who removes it, None for the server's operator.
        site_id: the site.
        typed: its name, typed by a person who knows what goes.
        most: the number of comments above which it is refused, None for no bound.

    Raises:
        DoesNotExist: there is no such site.
        NotAllowed: ``by`` does not own every site, the settings name this one, or it has too many
            comments.
        InvalidFields: the typed name is another.
    """
    site, _owner = require_site(session, by, site_id)
    actor = _require_all(session, by)
    if site.key == runtime.settings.site:
        raise NotAllowed(
            staff_sentence(
                "%(key)s is the site that COMMENTS_SITE names; the next start would add it again.",
                key=site.key,
            )
        )
    if " ".join(typed.split()) != site.name:
        raise InvalidFields(
            {"typed": [staff_sentence("Type the name of the site: %(name)s", name=site.name)]}
        )
    comments = sites.count_comments(session, site.id, limit=None if most is None else most + 1)
    if most is not None and comments > most:
        raise NotAllowed(
            staff_sentence(
                "%(name)s has more than %(most)s comments, and deleting them would keep readers of "
                "other sites waiting. On the server, run: comment-service site remove %(key)s",
                name=site.name,
                most=f"{most:,}",
                key=site.key,
            )
        )
    about = {"site": site.key, "name": site.name, "comments": comments}
    name = site.name
    _revoke_invitations(session, runtime, site)
    staff = session.scalars(select(t.Seat.moderator_id).where(t.Seat.site_id == site.id)).all()
    unlink_replies(session, t.Comment.site_id == site.id)
    session.delete(site)
    session.flush()
    _let_go(session, runtime, staff)
    people.add_audit_entry(
        session, None, None, "site_removed", about, actor=actor, now=runtime.now()
    )
    return name


def _revoke_invitations(session: Session, runtime: Runtime, site: t.Site) -> None:
    """Use up the open invitations to a site that is going to be removed."""
    only = frozenset({site.id})
    for ticket, _site in seats.invitations(session, Rights(0, only, only), runtime.now()):
        people.use_link(session, ticket, runtime.now())


def _let_go(session: Session, runtime: Runtime, moderator_ids: Sequence[int]) -> None:
    """Sign out those of these people who have no role on any site any more."""
    for moderator_id in moderator_ids:
        if not rights.rights_of(session, moderator_id).any:
            session.get_one(t.Moderator, moderator_id).left_at = runtime.now()
            people.end_sessions(session, moderator_id, runtime.now())


def add_origin(
    *, session: Session, runtime: Runtime, by: int | None, site_id: int, origin: str
) -> str:
    """Register an origin for a site; return its normalised form.

    Raises:
        DoesNotExist: ``by`` owns no such site.
        InvalidFields: it is no origin, or covers websites of different owners.
        AlreadyDone: it is registered.
    """
    site, actor = require_site(session, by, site_id)
    problems: dict[str, list[str]] = {}
    found = _origin(origin, problems)
    if not problems and len(site.origins) >= MOST_ORIGINS:
        problems["origin"] = [
            staff_sentence("A site has at most %(number)s origins.", number=MOST_ORIGINS)
        ]
    if problems:
        raise InvalidFields(problems)
    if found in site.origins:
        raise AlreadyDone(staff_sentence("%(origin)s is registered already.", origin=found))
    site.origins = sorted({*site.origins, found})
    log_change(session, runtime, site, "origin_added", actor=actor, origin=found)
    return found


def remove_origin(
    *, session: Session, runtime: Runtime, by: int | None, site_id: int, origin: str
) -> None:
    """Remove an origin of a site: its pages show no comments any more; the comments stay.

    Raises:
        DoesNotExist: ``by`` owns no such site, or it has no such origin.
    """
    site, actor = require_site(session, by, site_id)
    if origin not in site.origins:
        raise DoesNotExist(staff_sentence("%(origin)s is not registered.", origin=origin[:200]))
    site.origins = [one for one in site.origins if one != origin]
    log_change(session, runtime, site, "origin_removed", actor=actor, origin=origin)


def ignore_origin(
    *, session: Session, runtime: Runtime, by: int | None, site_id: int, origin: str
) -> None:
    """Do not ask again about an origin whose pages wanted to show comments.

    Raises:
        DoesNotExist: ``by`` owns no such site, or no page of this origin asked.
    """
    site, actor = require_site(session, by, site_id)
    row = embed_origins.find(session, site.id, origin)
    if row is None:
        raise DoesNotExist("No page of this origin asked for comments lately.")
    row.ignored = True
    log_change(session, runtime, site, "origin_ignored", actor=actor, origin=origin)


def _require_all(session: Session, by: int | None) -> str:
    """Return the name of an owner of every site.

    Raises:
        NotAllowed: ``by`` is none.
    """
    if by is None:
        return people.OPERATOR
    if rights.rights_of(session, by).owned is not None:
        raise NotAllowed("Owners of every site add and remove sites.")
    return session.get_one(t.Moderator, by).name


def require_site(session: Session, by: int | None, site_id: int) -> tuple[t.Site, str]:
    """Return a site, locked, and the name of its owner.

    Raises:
        DoesNotExist: there is no such site, or ``by`` does not own it.
    """
    site = session.get(t.Site, site_id, with_for_update=True, populate_existing=True)
    if site is None or (by is not None and not rights.rights_of(session, by).owns(site_id)):
        raise DoesNotExist(NO_SUCH_SITE)
    return site, people.OPERATOR if by is None else session.get_one(t.Moderator, by).name


def _clean(name: str, problems: dict[str, list[str]]) -> str:
    found = clean_name(name)
    if not found or len(found) > LONGEST_NAME:
        problems["name"] = [
            staff_sentence("Enter a name of at most %(number)s characters.", number=LONGEST_NAME)
        ]
    return found


def _origin(typed: str, problems: dict[str, list[str]]) -> str:
    """Return a typed origin; a bare host such as ``blog.example`` stands for https."""
    bare = _BARE_HOST.fullmatch(typed.strip())
    try:
        return rules.registered_origin(f"https://{bare[0]}" if bare else typed)
    except ValueError as error:
        problems["origin"] = [
            staff_sentence(
                "%(origin)s: %(why)s, such as https://blog.example.",
                origin=typed.strip()[:200],
                why=error,
            )
        ]
        return ""


def log_change(
    session: Session, runtime: Runtime, site: t.Site, change: str, *, actor: str, **about: str
) -> None:
    """Write an audit entry about a site."""
    about["site"] = site.key
    people.add_audit_entry(session, None, site.id, change, about, actor=actor, now=runtime.now())
