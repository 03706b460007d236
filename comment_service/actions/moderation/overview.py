"""The overview of a site for its moderators: the last seven days beside the previous seven."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from comment_service.actions.moderation import spot_check
from comment_service.actions.moderation.spot_check import POOLED, ErrorRates
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.moderation import overview as week
from comment_service.storage.moderation import spot_check as spot
from comment_service.storage.moderation.overview import WEEK, BusyPage, IncomingComments, Work


@dataclass(frozen=True)
class Overview:
    """The content of the overview page and the weekly mail; in each pair, last week is first."""

    site: t.Site
    arrived: tuple[IncomingComments, IncomingComments]
    work: tuple[Work, Work]
    weeks: Sequence[IncomingComments]
    hot: Sequence[BusyPage]
    check: t.SpotCheck | None
    latest: ErrorRates
    pooled: ErrorRates
    checks: int

    @property
    def quiet(self) -> bool:
        """True if nothing happened in either week."""
        return not any(item.came for item in self.arrived) and not any(
            item.decisions for item in self.work
        )


def overview(*, session: Session, runtime: Runtime, site: t.Site) -> Overview:
    """Return the overview of a site."""
    now = runtime.now()
    weeks = week.load_weeks(session, site.id, now)
    checks = spot.newest(session, site.id, POOLED)
    return Overview(
        site=site,
        arrived=(weeks[-1], weeks[-2]),
        work=(
            week.load_work(session, site.id, now - WEEK, now),
            week.load_work(session, site.id, now - 2 * WEEK, now - WEEK),
        ),
        weeks=weeks,
        hot=week.busy_pages(session, site.id, now - timedelta(days=1)),
        check=checks[0] if checks else None,
        latest=spot_check.measure(session, [check.id for check in checks[:1]]),
        pooled=spot_check.measure(session, [check.id for check in checks]),
        checks=len(checks),
    )
