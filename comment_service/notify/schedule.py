"""What is ordered by the clock: trainings, spot checks, digests and the week's figures."""

from comment_service.actions.filter import retrain
from comment_service.actions.moderation import spot_check
from comment_service.notify import moderator_mail, weekly_mail
from comment_service.runtime import Runtime
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import spot_check as spot


def order(runtime: Runtime) -> None:
    """Order whatever may be due at any minute."""
    trainings(runtime)
    if runtime.settings.smtp_url:
        moderator_mail.order_digests(runtime)
        weekly_mail.order(runtime)


def trainings(runtime: Runtime) -> None:
    """Order a training for every site that has enough new decisions."""
    for site_id in [site.id for site in sites.every(session())]:
        if retrain.is_due(session=session(), runtime=runtime, site_id=site_id):
            with transaction() as current:
                retrain.order(session=current, runtime=runtime, site_id=site_id, actor="the clock")


def checks(runtime: Runtime) -> None:
    """Draw this week's spot check for every site that has none."""
    week = spot_check.week_of(runtime.now())
    for site_id in [site.id for site in sites.every(session())]:
        if spot.of_week(session(), site_id, week) is None:
            with transaction() as current:
                spot_check.draw(session=current, runtime=runtime, site_id=site_id)
