"""Campaign check: find the campaign of a submission and count the decisions about its copies.

Each process remembers the texts that it or another process accepted recently. The counts of a
campaign come from the database, so that a decision counts from the next submission on.
"""

from collections.abc import Callable, Iterator
from threading import Lock

from sqlalchemy.orm import Session

from comment_service.runtime import Campaigns, Runtime
from comment_service.screening.submission import Submission
from comment_service.screening.verdict import Finding
from comment_service.storage.filter import context
from comment_service.storage.tables import SPAM
from comment_service.text.likeness import Near
from comment_service.text.sentences import staff_sentence

_MIN_FILED = 2
"""File a copy as spam if at least this many copies were filed as spam and none is published."""


class CampaignCache:
    """The campaigns of each site, as known to this process."""

    def __init__(self, new: Callable[[], Campaigns]) -> None:
        self._new = new
        self._sites: dict[int, Campaigns] = {}
        self._lock = Lock()

    def find(
        self, session: Session, site_id: int, key: str, near: Near | None = None
    ) -> int | None:
        """Return the number of the campaign that a key belongs to, or None if it is new.

        ``near`` is what ``search`` found before.
        """
        with self._lock:
            last = self._of_site(site_id).last
        found = context.campaigns_after(session, site_id, last)
        with self._lock:
            campaigns = self._sites[site_id]
            campaigns.extend([campaign for campaign in found if campaign[0] > campaigns.last])
            return campaigns.find(key, near)

    def search(self, site_id: int, key: str) -> Near | None:
        """Search the campaigns that are known to this process; None if none are."""
        with self._lock:
            campaigns = self._sites.get(site_id)
            return campaigns.search(key) if campaigns is not None else None

    def _of_site(self, site_id: int) -> Campaigns:
        found = self._sites.get(site_id)
        if found is None:
            found = self._sites[site_id] = self._new()
        return found


def find_campaign(session: Session, runtime: Runtime, submission: Submission) -> int | None:
    """Return the id of the first near-duplicate comment, or None."""
    if not submission.likeness:
        return None
    cache = _cache(runtime)
    return cache.find(session, submission.site_id, submission.likeness, submission.near)


def search(runtime: Runtime, site_id: int, likeness: str) -> Near | None:
    """Search for a near-duplicate without the database; see ``CampaignCache.search``."""
    return _cache(runtime).search(site_id, likeness) if likeness else None


def _cache(runtime: Runtime) -> CampaignCache:
    """Return the app's cache. Two threads may each make one; the later one stays."""
    found = runtime.campaigns
    if not isinstance(found, CampaignCache):
        found = runtime.campaigns = CampaignCache(runtime.new_campaigns)
    return found


def copies(_session: Session, _runtime: Runtime, submission: Submission) -> Iterator[Finding]:
    """File near-duplicates of comments that were filed as spam as spam too."""
    filed = int(submission.known.get("campaign_spam", 0))
    if filed >= _MIN_FILED and not submission.known.get("campaign_honest", 0):
        sentence = staff_sentence(
            "Nearly the same as %(filed)s comments filed as spam", filed=filed
        )
        yield Finding("campaign", sentence, 4.0, SPAM)
