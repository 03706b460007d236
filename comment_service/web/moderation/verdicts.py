"""Summarize a verdict in one sentence; labels of findings."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import format_percent
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from comment_service.storage.tables import PENDING, REJECTED, SPAM, Verdict
from comment_service.web.http import messages

MAX_FINDINGS = 5
"""Maximum findings in a summary."""

FINDING_LABELS: Mapping[str, object] = {
    "author_spam": _l("spam by the author before"),
    "blocked": _l("blocked author"),
    "blocked_network": _l("a blocked author’s network"),
    "campaign": _l("nearly the same as others"),
    "domain_spam": _l("leads where spam led"),
    "first_comment": _l("first comment"),
    "first_comment_link": _l("first comment, with a link"),
    "haste": _l("faster than typing"),
    "honeypot": _l("trap field filled in"),
    "known_spam": _l("copy of known spam"),
    "links": _l("many links"),
    "list_domain": _l("domain list"),
    "list_email": _l("address list"),
    "list_link": _l("link list"),
    "list_word": _l("word list"),
    "model": _l("the model’s score"),
    "moderator": _l("written by a moderator"),
    "moderator_name": _l("a moderator’s name"),
    "name_websites": _l("one name, several websites"),
    "network_rate": _l("many from one network"),
    "no_model": _l("no model"),
    "other_script": _l("another script"),
    "policy": _l("all are reviewed"),
    "repeated": _l("same text elsewhere"),
    "shield": _l("during a flood"),
    "reported": _l("reported by readers"),
    "too_fast": _l("sent too fast"),
    "trusted": _l("trusted author"),
    "words": _l("words"),
}
"""Finding → its label; a finding without one shows its own sentence."""

_SHOWN_AS_LABEL = {
    "first_comment",
    "first_comment_link",
    "honeypot",
    "blocked",
    "known_spam",
    "policy",
}


_BY_RULE = {
    PENDING: _l("Held by rule: %(why)s"),
    SPAM: _l("Filed as spam by rule: %(why)s"),
    REJECTED: _l("Rejected by rule: %(why)s"),
}
_BY_FILTER = {
    PENDING: _l("Held by the filter: %(why)s"),
    SPAM: _l("Filed as spam by the filter: %(why)s"),
}
"""Status of a verdict → the beginning of its summary."""


def verdict_summary(text: str, verdict: Verdict | None) -> str:
    """Return a verdict in one sentence: what decided, a rule or the filter, and why."""
    if verdict is None:
        return str(_("No check has run on this comment."))
    reasons = [r for r in verdict.reasons if r["name"] != "model"]
    rules = [r for r in reasons if is_decisive(r, verdict)]
    others = [r for r in reasons if r not in rules and (r.get("status") or r["weight"] > 0)]
    if not rules and not others:
        others = reasons
    opinion = _opinion(verdict, _phrases(text, others))
    if rules:
        by_rule = str(_BY_RULE[verdict.status]) % {"why": _phrases(text, rules)}
        if verdict.score is None:
            return by_rule
        by_filter = _("Filter: %(opinion)s", opinion=opinion)
        return f"{by_rule} · {by_filter}"
    if verdict.score is not None and verdict.status in _BY_FILTER:
        return str(_BY_FILTER[verdict.status]) % {"why": opinion}
    return opinion


def is_decisive(reason: Mapping[str, Any], verdict: Verdict) -> bool:
    """Return True if a finding is of a rule that requests the verdict's status."""
    requests = reason.get("status") == verdict.status
    return requests and verdict.status in _BY_RULE and reason["name"] != "model"


def _opinion(verdict: Verdict, parts: str) -> str:
    """Return what the filter thinks, with its reasons."""
    if verdict.score is None:
        return parts or str(_("No model has scored this comment."))
    score = str(_("%(percent)s spam", percent=format_percent(verdict.score)))
    return f"{score}: {parts}" if parts else score


def _phrases(text: str, reasons: Sequence[Mapping[str, Any]]) -> str:
    texts = filter(None, (_finding_text(text, reason) for reason in reasons))
    return ", ".join(list(dict.fromkeys(texts))[:MAX_FINDINGS])


def _finding_text(text: str, reason: Mapping[str, Any]) -> str:
    """Return one finding in a few words."""
    name = reason["name"]
    if name == "words" and reason.get("spans"):
        start, end = reason["spans"][0]
        if start < end <= len(text):  # an edit may have shortened the text
            return "“" + " ".join(text[start:end].split())[:60] + "”"
    if name in _SHOWN_AS_LABEL:
        return str(FINDING_LABELS[name])
    phrase = messages.told(str(reason["sentence"]))
    return phrase[:1].lower() + phrase[1:]
