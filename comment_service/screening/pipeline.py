"""Run the checks in order and combine their findings into one verdict."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.screening import (
    author,
    campaigns,
    classifier,
    flood,
    form,
    limits,
    lists,
    names,
    policy,
    repeats,
)
from comment_service.screening.submission import Submission
from comment_service.screening.verdict import SEVERITY, Finding, Verdict
from comment_service.storage.tables import PUBLISHED

Check = Callable[[Session, Runtime, Submission], Iterable[Finding]]

CHECKS: Sequence[Check] = (
    limits.page_open,
    limits.guests,
    author.blocked,
    author.blocked_network,
    limits.rate,
    repeats.repeated,
    campaigns.copies,
    author.trusted,
    form.honeypot,
    form.too_fast,
    lists.listed,
    names.moderator_name,
    limits.link_count,
    author.first_comment,
    author.newly_known,
    flood.flood_protection,
    policy.everything,
)
"""Every check before the classifier, in order.

A finding may request a status; the most severe one wins, except that trust publishes whatever the
others request. The classifier always runs, and last, so that every verdict has its score.
"""


TEXT_CHECKS: Sequence[Check] = (
    repeats.repeated,
    campaigns.copies,
    form.honeypot,
    lists.listed,
)
"""The checks that need no page, author or form of this service: for texts of other programs."""


def screen(
    session: Session,
    runtime: Runtime,
    submission: Submission,
    checks: Sequence[Check] = CHECKS,
) -> Verdict:
    """Return the verdict on a submission.

    Raises:
        errors.Refusal: the submission is not accepted at all; the message names the remedy.
    """
    findings: list[Finding] = []
    for check in checks:
        findings.extend(check(session, runtime, submission))
    scored = classifier.classify(session, runtime, submission)
    findings = merge_findings(findings, scored.findings)
    return Verdict(
        status=decide_status(findings),
        findings=_by_weight(findings),
        score=scored.score,
        model=scored.model,
        hold_at=scored.hold_at,
        spam_at=scored.spam_at,
        milliseconds=scored.milliseconds,
        features=scored.features,
    )


def merge_findings(rules: Sequence[Finding], reasons: Sequence[Finding]) -> list[Finding]:
    """Combine the findings of rules and model; the rule's wins if both have the same name.

    A rule's finding takes over the weight of the model's finding with the same name.
    """
    weights = {reason.name: reason.weight for reason in reasons}
    named = {rule.name for rule in rules}
    merged = [replace(rule, weight=weights.get(rule.name, rule.weight)) for rule in rules]
    return [*merged, *(reason for reason in reasons if reason.name not in named)]


def decide_status(findings: Sequence[Finding]) -> str:
    """Return published if any finding requests it, else the most severe status requested."""
    requested = [finding.status for finding in findings if finding.status]
    if PUBLISHED in requested:
        return PUBLISHED
    return max(requested, key=SEVERITY.index, default=PUBLISHED)


def _by_weight(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings: those that request a status first, then by absolute weight."""
    return sorted(findings, key=lambda f: (-bool(f.status), -abs(f.weight)))
