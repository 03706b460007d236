"""Summarize a verdict in one sentence; labels of findings."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import format_percent
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from comment_service.storage.tables import Verdict
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


def verdict_summary(text: str, verdict: Verdict | None) -> str:
    """Return a verdict in one sentence: the score, then the main findings."""
    if verdict is None:
        return str(_("Nothing has looked at this."))
    texts = list(
        dict.fromkeys(
            filter(None, (_finding_text(text, reason) for reason in _main_findings(verdict)))
        )
    )
    parts = ", ".join(texts[:MAX_FINDINGS])
    if verdict.score is None:
        return parts or str(_("No model has looked at this."))
    score = str(_("%(percent)s spam", percent=format_percent(verdict.score)))
    return f"{score}: {parts}" if parts else score


def _main_findings(verdict: Verdict) -> Sequence[Mapping[str, Any]]:
    """Return the findings that require a status or point to spam; if there are none, all others."""
    found = [r for r in verdict.reasons if r["name"] != "model"]
    towards = [r for r in found if r.get("status") or r["weight"] > 0]
    return towards or found


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
