"""Identify the key of a request, and find what it may see: nothing of another site exists for it.

A key acts for the person who made it: where a moderator or an owner is needed, that person must
still be one. Keys of the server's operator act for nobody; they may do everything but decide.
"""

from collections.abc import Collection
from dataclasses import dataclass

from flask import g

from comment_service.errors import (
    CommentNotFound,
    DoesNotExist,
    InvalidFields,
    KeyRequired,
    NotAllowed,
    ScopeMissing,
    SiteUnknown,
)
from comment_service.storage.admin import api_keys, rights, sites
from comment_service.storage.admin.rights import Rights
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import queue
from comment_service.storage.tables import (
    PENDING,
    PUBLISHED,
    ApiKey,
    Comment,
    Moderator,
    Page,
    Site,
)
from comment_service.web.http.context import runtime
from comment_service.web.http.viewer import bearer_token, client_network

_OWNERS = frozenset({"manage"})
_STAFF = frozenset({"read", "moderate", "manage"})
"""Scopes that need a role of the person for whom a key acts."""
_PERSON_NEEDED = (
    "This key acts for nobody, so it cannot decide. Make one on the page of API keys, or with "
    "`comment-service key add --moderator ADDRESS`."
)


@dataclass(frozen=True)
class Caller:
    """The key of a request, as plain values that outlive any transaction.

    ``site_id`` None stands for every site, ``moderator_id`` None for the server's operator;
    ``needs`` is the scope of the operation.
    """

    key_id: int
    site_id: int | None
    moderator_id: int | None
    scopes: frozenset[str]
    actor: str
    needs: str = ""

    def site(self, name: str | None) -> Site:
        """Return the site that a request names; a key of one site need not name it.

        Raises:
            SiteUnknown: the key does not know such a site.
            InvalidFields: a key for every site names none.
            NotAllowed: the person for whom the key acts has no role on it any more.
        """
        if self.site_id is None and name is None:
            raise InvalidFields({"site": ["Name the site: this key is for every site."]})
        if self.site_id is not None and name is None:
            found = session().get(Site, self.site_id)
        else:
            found = sites.find(session(), name or "")
        if found is None or not self._knows(found.id):
            raise SiteUnknown(f"There is no site {(name or '')[:64]}.")
        self._require_role(found.id)
        return found

    def sites(self) -> list[Site]:
        """Return the sites of the key by their keys."""
        own = None if self.site_id is None else frozenset({self.site_id})
        found = rights.allowed_sites(session(), own)
        role = self.rights()
        return [site for site in found if role is None or role.moderates(site.id)]

    def page(self, page_id: int) -> Page:
        """Return a page.

        Raises:
            DoesNotExist: it is not on a site of the key.
        """
        found = session().get(Page, page_id)
        if found is None or not self._knows(found.site_id):
            raise DoesNotExist(rights.NO_PAGE)
        self._require_role(found.site_id)
        return found

    def comment(self, comment_id: int) -> Comment:
        """Return a comment; keys that cannot moderate know published and pending ones only.

        Raises:
            CommentNotFound: there is none for this key.
        """
        found = session().get(Comment, comment_id)
        if found is None or not self._knows(found.site_id):
            raise CommentNotFound(rights.NOBODYS)
        if found.status not in {PUBLISHED, PENDING} and "moderate" not in self.scopes:
            raise CommentNotFound(rights.NOBODYS)
        self._require_role(found.site_id)
        return found

    def require_comments(self, comment_ids: Collection[int]) -> None:
        """Refuse ids of comments that the key does not know.

        Raises:
            CommentNotFound: one of them is not there for this key.
        """
        found = queue.sites_of(session(), comment_ids)
        known = {one: site_id for one, site_id in found.items() if self._knows(site_id)}
        if missing := set(comment_ids) - known.keys():
            raise CommentNotFound(f"There is no comment {min(missing)} (any more).")
        for site_id in set(known.values()):
            self._require_role(site_id)

    def covers(self, site_ids: Collection[int] | None) -> bool:
        """Return True if the key knows all of these sites; None stands for every site."""
        return self.site_id is None or (site_ids is not None and set(site_ids) <= {self.site_id})

    def person(self) -> int:
        """Return the id of the moderator for whom the key acts.

        Raises:
            NotAllowed: it acts for nobody.
        """
        if self.moderator_id is None:
            raise NotAllowed(_PERSON_NEEDED)
        return self.moderator_id

    def rights(self) -> Rights | None:
        """Return the permissions of the person for whom the key acts, None for the operator."""
        if self.moderator_id is None:
            return None
        return rights.rights_of(session(), self.moderator_id)

    def _knows(self, site_id: int) -> bool:
        return self.site_id is None or self.site_id == site_id

    def _require_role(self, site_id: int) -> None:
        role = self.rights() if self.needs in _STAFF else None
        if role is None:
            return
        if not (role.owns(site_id) if self.needs in _OWNERS else role.moderates(site_id)):
            raise NotAllowed(
                "The person for whom this key acts may not do this here (any more). "
                "Somebody who may must make a new key."
            )


def bucket() -> str:
    """Return whose calls are counted together: those of a key, else those of a network."""
    found = _key()
    return f"key {found.id}" if found is not None else f"network {client_network()}"


def caller(scope: str) -> Caller:
    """Return the key of the request, and note that it was used.

    Raises:
        KeyRequired: there is none, or it is unknown or revoked.
        ScopeMissing: it may not do this.
    """
    key = _key()
    if key is None:
        raise KeyRequired("Send a valid key in the header `Authorization: Bearer cs_…`.")
    found = Caller(
        key_id=key.id,
        site_id=key.site_id,
        moderator_id=key.moderator_id,
        scopes=frozenset(key.scopes),
        actor=_actor(key),
        needs=scope,
    )
    if scope not in found.scopes:
        raise ScopeMissing(f"This key may not do this: it lacks the scope {scope}.")
    if api_keys.is_use_due(key, runtime().now()):
        with transaction() as current:
            api_keys.note_use(current, current.get_one(ApiKey, found.key_id), runtime().now())
    return found


def _actor(key: ApiKey) -> str:
    """Return the actor of what a key changes, for audit entries."""
    person = session().get(Moderator, key.moderator_id) if key.moderator_id else None
    return f"{person.name} ({key.actor})"[:200] if person else key.actor


def _key() -> ApiKey | None:
    """Return the key of the request, looked up once."""
    if "comments_api_key" not in g:
        token = bearer_token()
        usable = token.startswith("cs_") and len(token) <= 100
        g.comments_api_key = api_keys.find(session(), token) if usable else None
    found: ApiKey | None = g.comments_api_key
    return found
