"""What readers found: enough complaints send a published comment back to a moderator."""

from collections.abc import Mapping

from comment_service.screening.verdict import Finding, Verdict
from comment_service.storage import tables as t


def second_look(kinds: Mapping[str, int], last: t.Verdict | None) -> Verdict:
    """Return the verdict of readers over the last one, whose score and findings it keeps.

    ``kinds`` is kind of report → how many.
    """
    told = ", ".join(f"{kind} ×{count}" if count > 1 else kind for kind, count in kinds.items())
    count = sum(kinds.values())
    sentence = f"{count} {'reader' if count == 1 else 'readers'} reported it: {told}"
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
