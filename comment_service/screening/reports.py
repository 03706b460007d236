"""Reader reports: enough reports return a published comment to the queue."""

from collections.abc import Mapping

from comment_service.screening.verdict import Finding, Verdict
from comment_service.storage import tables as t
from comment_service.text.sentences import staff_sentence


def verdict_from_reports(kinds: Mapping[str, int], last: t.Verdict | None) -> Verdict:
    """Return the verdict after reader reports; keeps the last verdict's score and findings.

    Args:
        kinds: kind of report → number of reports.
        last: the comment's last verdict, or None.
    """
    kinds_text = ", ".join(
        f"{kind} ×{count}" if count > 1 else kind for kind, count in kinds.items()
    )
    count = sum(kinds.values())
    one = staff_sentence("1 reader reported it: %(kinds)s", kinds=kinds_text)
    many = staff_sentence(
        "%(number)s readers reported it: %(kinds)s", number=count, kinds=kinds_text
    )
    sentence = one if count == 1 else many
    found = [Finding("reported", sentence, status=t.PENDING)]
    if last is None:
        return Verdict(status=t.PENDING, findings=found)
    earlier = [Finding(**reason) for reason in last.reasons if reason["name"] != "reported"]
    return Verdict(
        status=t.PENDING,
        findings=[*found, *earlier],
        score=last.score,
        model=last.model,
        hold_at=last.hold_at,
        spam_at=last.spam_at,
        features=last.features,
    )
