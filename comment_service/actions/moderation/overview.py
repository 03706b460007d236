"""A site's week for those who moderate it: the last seven days beside the seven before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from comment_service.actions.moderation import spot_check
from comment_service.actions.moderation.spot_check import POOLED, Measured
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.moderation import overview as week
from comment_service.storage.moderation import spot_check as spot
from comment_service.storage.moderation.overview import WEEK, Arrived, HotPage, Work


@dataclass(frozen=True)
class Overview:
    """What a page and a mail about a week show; of each pair, this week stands first."""

    site: t.Site
    arrived: tuple[Arrived, Arrived]
    work: tuple[Work, Work]
    weeks: Sequence[Arrived]
    hot: Sequence[HotPage]
    check: t.SpotCheck | None
    latest: Measured
    pooled: Measured
    checks: int

    @property
    def quiet(self) -> bool:
        """Whether nothing happened in either week."""
        return not any(one.came for one in self.arrived) and not any(
            one.decisions for one in self.work
        )


def overview(*, session: Session, runtime: Runtime, site: t.Site) -> Overview:
    """Return a site's week."""
    now = runtime.now()
    weeks = week.weeks(session, site.id, now)
    checks = spot.newest(session, site.id, POOLED)
    return Overview(
        site=site,
        arrived=(weeks[-1], weeks[-2]),
        work=(
            week.work(session, site.id, now - WEEK, now),
            week.work(session, site.id, now - 2 * WEEK, now - WEEK),
        ),
        weeks=weeks,
        hot=week.hot(session, site.id, now - timedelta(days=1)),
        check=checks[0] if checks else None,
        latest=spot_check.measured(session, [one.id for one in checks[:1]]),
        pooled=spot_check.measured(session, [one.id for one in checks]),
        checks=len(checks),
    )
