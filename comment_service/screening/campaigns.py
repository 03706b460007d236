"""Copies of one text: which campaign a submission belongs to, and what became of its copies.

Each process remembers the texts that it or another one took in lately; the numbers of a campaign
come from the database, so that a decision counts from the next submission on.
"""

from collections.abc import Iterator
from threading import Lock

from sqlalchemy.orm import Session

from comment_service.runtime import Runtime
from comment_service.screening.submission import Submission
from comment_service.screening.verdict import Finding
from comment_service.storage.filter import context
from comment_service.storage.tables import SPAM
from comment_service.text.likeness import REMEMBERED, Campaigns

_MAKING = Lock()
_FILED = 2
"""Copies that were filed as spam, none of them public, from which another is filed with them."""


class Seen:
    """The campaigns of each site that this process knows."""

    def __init__(self) -> None:
        self._sites: dict[int, tuple[Campaigns, int]] = {}
        self._lock = Lock()

    def find(self, session: Session, site_id: int, key: str) -> int | None:
        """Return the number of the campaign that a key belongs to, None where it is new."""
        with self._lock:
            last = self._sites.get(site_id, (None, 0))[1]
        found = context.campaigns_after(session, site_id, last, REMEMBERED)
        with self._lock:
            campaigns, last = self._sites.get(site_id, (Campaigns(), 0))
            campaigns.extend([one for one in found if one[0] > last])
            self._sites[site_id] = campaigns, max([last, *(number for number, _ in found)])
            return campaigns.find(key)


def find(session: Session, runtime: Runtime, submission: Submission) -> int | None:
    """Return the id of the first comment that says nearly the same, None where there is none."""
    if not submission.likeness:
        return None
    with _MAKING:
        if not isinstance(runtime.campaigns, Seen):
            runtime.campaigns = Seen()
        seen = runtime.campaigns
    return seen.find(session, submission.site_id, submission.likeness)


def copies(_session: Session, _runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """File what says nearly the same as comments that were filed as spam with them."""
    filed = int(submission.known.get("campaign_spam", 0))
    if filed >= _FILED and not submission.known.get("campaign_honest", 0):
        sentence = f"Nearly the same as {filed} that were filed as spam"
        yield Finding("campaign", sentence, 4.0, SPAM)
