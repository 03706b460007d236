"""The owner settles a site's rules, or one page's; and tries them on what came in before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from comment_service.actions.moderation.trust_author import locked_page
from comment_service.runtime import Runtime
from comment_service.screening import Submission, limits, lists, model_cache
from comment_service.screening.classifier import thresholds
from comment_service.screening.lists import Lists
from comment_service.screening.verdict import Finding
from comment_service.storage import tables as t
from comment_service.storage.admin import sites
from comment_service.storage.admin.rules import PAGE_RULES, Rules
from comment_service.storage.comments import threads
from comment_service.storage.moderation import recent
from comment_service.text import links

DAYS = 90
MOST = 5_000
"""Newest comments that a rule is tried on."""


@dataclass(frozen=True)
class Tried:
    """What rules would have stopped: held or filed, and what became of those comments.

    ``comments`` were looked at; ``before`` were stopped when they came in; ``newly`` are the ids
    of those that would be stopped and were not, ``freed`` the other way round.
    """

    comments: int
    before: int
    stopped: int
    approved: int
    spam: int
    newly: Sequence[int]
    freed: Sequence[int]


def settle(
    *, session: Session, runtime: Runtime, site: t.Site, changes: Mapping[str, Any], actor: str
) -> None:
    """Give a site the rules that differ from the installation's; the rest follows it again."""
    usual = Rules.of_settings(runtime.settings)
    wanted = {name: value for name, value in changes.items() if getattr(usual, name) != value}
    _note(session, runtime, site.id, "", before=site.rules or {}, after=wanted, actor=actor)
    site.rules = wanted
    session.flush()


def settle_page(
    *,
    session: Session,
    runtime: Runtime,
    site: t.Site,
    url: str,
    changes: Mapping[str, Any],
    actor: str,
) -> t.Page:
    """Give a page rules of its own over the site's; what is left out follows the site.

    Raises:
        NotThere: nobody has said anything on this page yet.
    """
    page = locked_page(session, site.id, url)
    wanted = {name: value for name, value in changes.items() if name in PAGE_RULES}
    _note(session, runtime, site.id, url, before=page.rules or {}, after=wanted, actor=actor)
    page.rules = wanted
    session.flush()
    threads.touch(session, page.id)
    return page


def _note(
    session: Session,
    runtime: Runtime,
    site_id: int,
    url: str,
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    actor: str,
) -> None:
    """Write the audit line of a change."""
    if before == after:
        return
    row = t.RuleChange(site_id=site_id, page_url=url, before=dict(before), after=dict(after))
    row.actor, row.created_at = actor, runtime.now()
    session.add(row)


def attempt(
    *,
    session: Session,
    runtime: Runtime,
    site: t.Site,
    wanted: Rules,
    entries: Sequence[lists.Entry] = (),
) -> Tried:
    """Try rules, and list entries beside those there are, on the newest comments of 90 days.

    What depends on the moment (rates, haste, copies) stands as it was found then.
    """
    model, _why = model_cache.active_or_why(session, runtime, site.id)
    limit = thresholds(wanted, model)[0]
    listed = Lists.of([*lists.of_site(session, site.id), *entries])
    known = recent.comments(session, site.id, runtime.now() - timedelta(days=DAYS), MOST)
    stopped = [row for row in known if _stops(row, wanted, limit, listed)]
    ids = {row.id for row in stopped}
    before = {row.id for row in known if row.said != t.PUBLISHED}
    return Tried(
        comments=len(known),
        before=len(before),
        stopped=len(stopped),
        approved=sum(row.status == t.PUBLISHED for row in stopped),
        spam=sum(row.status == t.SPAM for row in stopped),
        newly=sorted(ids - before),
        freed=sorted(before - ids),
    )


def _stops(row: recent.Past, wanted: Rules, limit: float, listed: Lists) -> bool:
    """Tell whether the rules would have stopped a comment that was taken in before."""
    if {"trusted", "moderator"} & row.findings:
        return False
    if wanted.policy == "all" or row.findings & recent.OF_THE_MOMENT:
        return True
    first = "first_comment" in row.findings or "first_comment_link" in row.findings
    if first and (wanted.policy == "first" or (wanted.policy == "uncertain" and _linked(row))):
        return True
    if wanted.policy != "publish" and row.score is not None and row.score >= limit:
        return True
    submission = _submission(row, wanted)
    return any(_asked([*limits.link_counted(submission), *listed.matched(submission)]))


def _linked(row: recent.Past) -> bool:
    return bool(links.targets(row.html))


def _asked(findings: Sequence[Finding]) -> list[str]:
    return [finding.status for finding in findings if finding.status]


def _submission(row: recent.Past, wanted: Rules) -> Submission:
    return Submission(
        text=row.text, html=row.html, name=row.name, email=row.email, url=row.url, rules=wanted
    )


def list_values(
    *,
    session: Session,
    runtime: Runtime,
    site: t.Site,
    kind: str,
    values: Sequence[str],
    status: str,
    actor: str,
) -> int:
    """Put values on a site's list; return how many are new.

    Raises:
        InvalidFields: some can match nothing, or would match everything; none is taken.
    """
    return sites.list_values(
        session, site.id, kind=kind, values=values, status=status, actor=actor, now=runtime.now()
    )
