"""An owner saves the rules of a site or a page, and tries them on past comments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from comment_service.actions.moderation.trust_author import lock_page
from comment_service.errors import InvalidFields
from comment_service.runtime import Runtime
from comment_service.screening import Submission, limits, lists, model_cache
from comment_service.screening.classifier import thresholds
from comment_service.screening.lists import CompiledLists
from comment_service.screening.verdict import Finding
from comment_service.storage import tables as t
from comment_service.storage.admin import sites
from comment_service.storage.admin.rules import PAGE_RULES, Rules, of_site
from comment_service.storage.comments import threads
from comment_service.storage.db.session import serialise
from comment_service.storage.moderation import recent
from comment_service.text import links
from comment_service.text.emoji import emoji_list
from comment_service.text.sentences import staff_sentence

DAYS = 90
MAX_COMMENTS = 5_000
"""Maximum comments that rules are tried on, the newest."""


@dataclass(frozen=True)
class TrialResult:
    """Which past comments rules would have held or marked as spam, and their current status.

    ``comments`` is the number of comments tried, ``before`` how many were held on arrival.
    ``newly`` are the ids of comments that would be held but were not, ``freed`` the reverse.
    ``matching`` is how many the additional list entries match, ``matching_public`` how many of
    these are public.
    """

    comments: int
    before: int
    stopped: int
    approved: int
    spam: int
    newly: Sequence[int]
    freed: Sequence[int]
    matching: int = 0
    matching_public: int = 0


def save_rules(
    *, session: Session, runtime: Runtime, site: t.Site, changes: Mapping[str, Any], actor: str
) -> None:
    """Save a site's rules; values equal to the installation's are not stored and follow it."""
    defaults = Rules.of_settings(runtime.settings)
    own = {name: value for name, value in changes.items() if getattr(defaults, name) != value}
    _add_audit_entry(session, runtime, site.id, "", before=site.rules or {}, after=own, actor=actor)
    site.rules = own
    session.flush()


def change_rules(
    *, session: Session, runtime: Runtime, site: t.Site, changes: Mapping[str, Any], actor: str
) -> Rules:
    """Change some rules of a site and leave the others; None follows the installation again.

    Numbers and words are within ``LIMITS`` and ``CHOICES``.

    Raises:
        InvalidFields: two rules contradict each other, or ``reactions`` are no emoji.
    """
    serialise(session, f"rules {site.id}")
    session.refresh(site)
    default = vars(Rules.of_settings(runtime.settings))
    given = {name: default[name] if value is None else value for name, value in changes.items()}
    wrong: dict[str, list[str]] = {}
    if "reactions" in given:
        try:
            given["reactions"] = emoji_list(given["reactions"])
        except ValueError as error:
            wrong["reactions"] = [str(error)]
    rules = of_site(runtime.settings, site).over(given)
    if rules.spam_at and rules.hold_at and rules.spam_at < rules.hold_at:
        wrong["spam_at"] = [
            staff_sentence("Not below hold_at, the probability from which a comment is held.")
        ]
    if rules.rate_hour < rules.rate_minute:
        wrong["rate_hour"] = [staff_sentence("Not fewer than in a minute (rate_minute).")]
    if wrong:
        raise InvalidFields(wrong)
    save_rules(session=session, runtime=runtime, site=site, changes=vars(rules), actor=actor)
    return rules


def save_page_rules(
    *,
    session: Session,
    runtime: Runtime,
    site: t.Site,
    url: str,
    changes: Mapping[str, Any],
    actor: str,
) -> t.Page:
    """Save a page's own rules; rules that are left out follow the site.

    Raises:
        DoesNotExist: the page has no thread yet.
    """
    page = lock_page(session, site.id, url)
    own = {name: value for name, value in changes.items() if name in PAGE_RULES}
    _add_audit_entry(
        session, runtime, site.id, url, before=page.rules or {}, after=own, actor=actor
    )
    page.rules = own
    session.flush()
    threads.bump_revision(session, page.id)
    return page


def _add_audit_entry(
    session: Session,
    runtime: Runtime,
    site_id: int,
    url: str,
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    actor: str,
) -> None:
    """Add an audit entry for a change."""
    if before == after:
        return
    row = t.RuleChange(site_id=site_id, page_url=url, before=dict(before), after=dict(after))
    row.actor, row.created_at = actor, runtime.now()
    session.add(row)


def try_rules(
    *,
    session: Session,
    runtime: Runtime,
    site: t.Site,
    rules: Rules,
    entries: Sequence[lists.Entry] = (),
) -> TrialResult:
    """Try rules, and additional list entries, on the newest comments of 90 days.

    Findings that depend on the moment (rates, writing time, copies) are taken from the stored
    verdicts.
    """
    model, _why = model_cache.active_model_or_reason(session, runtime, site.id)
    limit = thresholds(rules, model)[0]
    blocklists = CompiledLists.of([*lists.entries_of_site(session, site.id), *entries])
    past = recent.recent_comments(
        session, site.id, runtime.now() - timedelta(days=DAYS), MAX_COMMENTS
    )
    stopped = [row for row in past if _would_hold(row, rules, limit, blocklists)]
    ids = {row.id for row in stopped}
    before = {row.id for row in past if row.said != t.PUBLISHED}
    added = CompiledLists.of(entries)
    matching = [row for row in past if entries and any(added.matched(_submission(row, rules)))]
    return TrialResult(
        comments=len(past),
        before=len(before),
        stopped=len(stopped),
        approved=sum(row.status == t.PUBLISHED for row in stopped),
        spam=sum(row.status == t.SPAM for row in stopped),
        newly=sorted(ids - before),
        freed=sorted(before - ids),
        matching=len(matching),
        matching_public=sum(row.status == t.PUBLISHED for row in matching),
    )


def _would_hold(
    row: recent.RecentComment, rules: Rules, limit: float, blocklists: CompiledLists
) -> bool:
    """Return True if the rules would have held a past comment or marked it as spam."""
    if {"trusted", "moderator"} & row.findings:
        return False
    if rules.policy == "all" or row.findings & recent.OF_THE_MOMENT:
        return True
    first = "first_comment" in row.findings or "first_comment_link" in row.findings
    if first and (rules.policy == "first" or (rules.policy == "uncertain" and _has_link(row))):
        return True
    if rules.policy != "publish" and row.score is not None and row.score >= limit:
        return True
    submission = _submission(row, rules)
    return any(
        _statuses([*limits.link_count_findings(submission), *blocklists.matched(submission)])
    )


def _has_link(row: recent.RecentComment) -> bool:
    return bool(links.targets(row.html))


def _statuses(findings: Sequence[Finding]) -> list[str]:
    return [finding.status for finding in findings if finding.status]


def _submission(row: recent.RecentComment, rules: Rules) -> Submission:
    return Submission(
        text=row.text, html=row.html, name=row.name, email=row.email, url=row.url, rules=rules
    )


def add_list_entries(
    *,
    session: Session,
    runtime: Runtime,
    site: t.Site,
    kind: str,
    values: Sequence[str],
    status: str,
    actor: str,
) -> int:
    """Add values to a site's blocklist; return how many are new.

    Raises:
        InvalidFields: a value can match nothing or would match everything; then none is added.
    """
    return sites.add_to_list(
        session, site.id, kind=kind, values=values, status=status, actor=actor, now=runtime.now()
    )
