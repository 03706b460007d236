"""The checks in order, and how their findings become one verdict."""

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
    limits.rate,
    repeats.repeated,
    campaigns.copies,
    author.trusted,
    form.honeypot,
    form.too_fast,
    lists.listed,
    limits.link_count,
    author.first_comment,
    author.newly_known,
    flood.shielded,
    policy.everything,
)
"""Every check before the classifier, in the order in which they are asked.

A finding may ask for a status; the severest asked for wins, except that trust publishes whatever
the others ask. The classifier speaks last and is always asked, so that every receipt carries its
score.
"""


def screen(session: Session, runtime: Runtime, submission: Submission) -> Verdict:
    """Return the verdict on a submission.

    Raises:
        errors.Refusal: it may not come in at all; the message names the remedy.
    """
    findings: list[Finding] = []
    for check in CHECKS:
        findings.extend(check(session, runtime, submission))
    scored = classifier.classify(session, runtime, submission)
    findings = merge(findings, scored.findings)
    return Verdict(
        status=decide(findings),
        findings=_by_weight(findings),
        score=scored.score,
        model=scored.model,
        hold_at=scored.hold_at,
        spam_at=scored.spam_at,
        milliseconds=scored.milliseconds,
        features=scored.features,
    )


def merge(rules: Sequence[Finding], reasons: Sequence[Finding]) -> list[Finding]:
    """Return everything found; what a rule and the model both name stands once, as the rule's."""
    weights = {reason.name: reason.weight for reason in reasons}
    named = {rule.name for rule in rules}
    told = [replace(rule, weight=weights.get(rule.name, rule.weight)) for rule in rules]
    return [*told, *(reason for reason in reasons if reason.name not in named)]


def decide(findings: Sequence[Finding]) -> str:
    """Return the status: a rule for publishing wins; else the severest that anything asks for."""
    asked = [finding.status for finding in findings if finding.status]
    if PUBLISHED in asked:
        return PUBLISHED
    return max(asked, key=SEVERITY.index, default=PUBLISHED)


def _by_weight(findings: Iterable[Finding]) -> list[Finding]:
    """Put what decides first, then what weighs most."""
    return sorted(findings, key=lambda f: (-bool(f.status), -abs(f.weight)))
