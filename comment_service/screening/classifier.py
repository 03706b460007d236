"""Score a submission with the spam model and apply the policy's thresholds.

If the model is missing or fails, the submission is held: it is neither refused nor published.
"""

import logging
from dataclasses import dataclass

from sqlalchemy.orm import Session

from comment_service.runtime import Classifier, Runtime, Score
from comment_service.screening import model_cache
from comment_service.screening.submission import Submission
from comment_service.screening.verdict import Finding
from comment_service.storage.admin.rules import Rules
from comment_service.storage.tables import PENDING, SPAM
from comment_service.text.sentences import staff_sentence

MODEL_FINDINGS = frozenset({"model", "no_model"})
"""Names of the findings by which the model alone requests a status."""

_FROM_SPAM = staff_sentence("%(score)s spam by the model; spam from %(limit)s")
_FROM_HOLD = staff_sentence("%(score)s spam by the model; pending from %(limit)s")
"""Why the model asks for a status."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Classification:
    """The model's findings, and its score if it returned one."""

    findings: list[Finding]
    score: float | None = None
    model: str = ""
    hold_at: float | None = None
    spam_at: float | None = None
    milliseconds: float = 0.0
    features: str = ""


def classify(session: Session, runtime: Runtime, submission: Submission) -> Classification:
    """Return the findings of the site's active model; hold the submission if there is no model."""
    failed = staff_sentence("The spam model failed; see the log")
    try:
        model = model_cache.active_model(session, runtime, submission.site_id)
    except Exception as error:  # it is damaged or missing
        _log.error("the spam model cannot be loaded: %s: %s", type(error).__name__, error)
        return _no_model(failed)
    if model is None:
        return _no_model(runtime.classifier_error or staff_sentence("No spam model is loaded"))
    try:
        return _judge(submission.rules, model, _score(model, submission))
    except Exception:  # no model error may lose the comment
        _log.exception("the spam model failed")
        return _no_model(failed)


def classify_by_candidate(
    session: Session, runtime: Runtime, submission: Submission
) -> Classification | None:
    """Return the findings of the site's candidate, or None if there is no candidate.

    The result decides nothing, so errors are logged and otherwise ignored.
    """
    try:
        model = model_cache.candidate_model(session, runtime, submission.site_id)
        return _judge(submission.rules, model, _score(model, submission)) if model else None
    except Exception:
        _log.exception("the candidate model failed")
        return None


def _score(model: Classifier, submission: Submission) -> Score:
    return model.score(
        submission.text,
        author=submission.name,
        email=submission.email,
        url=submission.url,
        page_title=submission.page_title,
        page_text=submission.page_text,
        known=submission.known,
        lang=submission.lang,
        read=submission.read,
        hold_at=thresholds(submission.rules, model)[0],
    )


def _no_model(why: str) -> Classification:
    return Classification(
        [Finding("no_model", staff_sentence("%(why)s; held for review", why=why), status=PENDING)]
    )


def _judge(rules: Rules, model: Classifier, score: Score) -> Classification:
    """Turn a score into findings: the threshold's first, then the model's reasons."""
    hold_at, spam_at = thresholds(rules, model)
    findings = [Finding(r.name, r.sentence, r.weight, "", r.spans) for r in score.reasons]
    status = _status(rules, score.probability, hold_at, spam_at)
    if status:
        template = _FROM_SPAM if status == SPAM else _FROM_HOLD
        limit = spam_at if status == SPAM else hold_at
        sentence = template % {"score": f"{score.probability:.0%}", "limit": f"{limit:.0%}"}
        findings.insert(0, Finding("model", sentence, 0.0, status))
    return Classification(
        findings,
        score.probability,
        score.model,
        hold_at,
        spam_at,
        score.milliseconds,
        score.features,
    )


def _status(rules: Rules, probability: float, hold_at: float, spam_at: float) -> str:
    """Return the status that the probability requests, "" if none."""
    if rules.policy == "publish":
        return ""
    if probability >= spam_at:
        return SPAM
    return PENDING if probability >= hold_at else ""


def thresholds(rules: Rules, model: Classifier | None) -> tuple[float, float]:
    """Return the hold and spam thresholds: those of the rules, else those of the model."""
    hold_at, spam_at = rules.hold_at, rules.spam_at
    if model is not None:
        hold_at, spam_at = hold_at or model.hold_at, spam_at or model.spam_at
    return hold_at, max(hold_at, spam_at)
