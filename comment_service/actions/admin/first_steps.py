"""The first steps of a site: a page that shows comments, and a comment on it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from comment_service.actions.admin import embed_origins
from comment_service.actions.admin.sites import log_change, require_site
from comment_service.runtime import Runtime
from comment_service.storage import tables as t
from comment_service.storage.pages import page_lists


@dataclass(frozen=True)
class FirstSteps:
    """How far a site is.

    ``found`` is the address of a page that showed comments, "" for none yet; ``wanted`` are the
    origins that asked for comments and are not registered.
    """

    found: str
    wanted: Sequence[t.EmbedOrigin]
    commented: bool
    dismissed: bool

    @property
    def is_shown(self) -> bool:
        """Whether there is something left to do, and an owner wants to see it."""
        return not (self.dismissed or (self.found and self.commented))


def of_site(*, session: Session, runtime: Runtime, site: t.Site) -> FirstSteps:
    """Return how far a site is."""
    embeds = embed_origins.of_site(session=session, runtime=runtime, site=site)
    found = embeds.found[0].url if embeds.found else ""
    if not found:  # comments came by another way: an import, or a host's own template
        page = page_lists.latest_active_page(session, site.id)
        found = page.url if page is not None else ""
    published = select(t.Comment.id).where(
        t.Comment.site_id == site.id, t.Comment.status == t.PUBLISHED
    )
    return FirstSteps(
        found=found,
        wanted=embeds.wanted,
        commented=session.scalar(published.limit(1)) is not None,
        dismissed=site.steps_dismissed_at is not None,
    )


def dismiss(*, session: Session, runtime: Runtime, by: int, site_id: int) -> None:
    """Put the first steps of a site away.

    Raises:
        DoesNotExist: ``by`` owns no such site.
    """
    site, owner = require_site(session, by, site_id)
    if site.steps_dismissed_at is None:
        site.steps_dismissed_at = runtime.now()
        log_change(session, runtime, site, "steps_dismissed", actor=owner)
