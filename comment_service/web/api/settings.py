"""Operations of owners: rules, blocklists, team."""

from comment_service.actions.admin import rules
from comment_service.errors import DoesNotExist
from comment_service.storage.admin import lists, seats
from comment_service.storage.admin import rules as stored
from comment_service.storage.admin.rights import Rights
from comment_service.storage.admin.seats import Person
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import ListEntry
from comment_service.web.api import shapes
from comment_service.web.api.caller import Caller
from comment_service.web.http.context import runtime


def get_rules(caller: Caller, query: shapes.SiteQuery) -> shapes.SiteRules:  # type: ignore[valid-type]
    """Get a site's rules."""
    return _rules(stored.of_site(runtime().settings, caller.site(query.site)))


def change_rules(
    caller: Caller,
    query: shapes.SiteQuery,
    body: shapes.RuleChanges,  # type: ignore[valid-type]
) -> shapes.SiteRules:  # type: ignore[valid-type]
    """Change some rules of a site."""
    site = caller.site(query.site)
    with transaction() as current:
        changed = rules.change_rules(
            session=current,
            runtime=runtime(),
            site=site,
            changes=body.model_dump(exclude_unset=True),  # type: ignore[attr-defined]
            actor=caller.actor,
        )
    return _rules(changed)


def _rules(found: stored.Rules) -> shapes.Shape:
    return shapes.SiteRules(**vars(found))


def list_entries(caller: Caller, query: shapes.EntryQuery) -> shapes.EntryList:
    """List blocklist entries."""
    site = caller.site(query.site)
    rows, following = lists.entries_page(
        session(), site.id, query.kind or "", before=query.before, limit=query.limit
    )
    return shapes.EntryList(
        items=[_entry(row) for row in rows], next=str(following) if following else None
    )


def _entry(row: ListEntry) -> shapes.Entry:
    return shapes.Entry(
        id=row.id,
        kind=row.kind,  # type: ignore[arg-type]
        value=row.value,
        status=row.status,  # type: ignore[arg-type]
        added_by=row.actor,
        created_at=row.created_at,
    )


def add_entries(caller: Caller, query: shapes.SiteQuery, body: shapes.NewEntries) -> shapes.Added:
    """Add entries to a blocklist."""
    site = caller.site(query.site)
    values = [" ".join(value.split()) for value in body.values]
    with transaction() as current:
        added = rules.add_list_entries(
            session=current,
            runtime=runtime(),
            site=site,
            kind=body.kind,
            values=[value for value in values if value],
            status=body.status,
            actor=caller.actor,
        )
    return shapes.Added(added=added)


def remove_entry(caller: Caller, entry_id: int, query: shapes.SiteQuery) -> None:
    """Remove a blocklist entry."""
    site_id = caller.site(query.site).id
    with transaction() as current:
        if not lists.remove_entries(current, site_id, [entry_id]):
            raise DoesNotExist("There is no such entry (any more).")


def list_team(caller: Caller, query: shapes.SitePaging) -> shapes.Team:
    """List the people with a role on a site."""
    site = caller.site(query.site)
    of_site = frozenset({site.id})
    found, following = seats.team_page(
        session(), Rights(0, of_site, of_site), before=query.before, limit=query.limit
    )
    return shapes.Team(
        items=[_person(one) for one in found], next=str(following) if following else None
    )


def _person(one: Person) -> shapes.Person:
    return shapes.Person(
        name=one.moderator.name,
        email=one.moderator.address,
        roles=[
            shapes.Role(site=site.key if site else None, role=seat.role)  # type: ignore[arg-type]
            for seat, site in one.seats
        ],
        seen_at=one.seen_at,
    )
