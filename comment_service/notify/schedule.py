"""Scheduled jobs: trainings, backups, spot checks, digests and weekly mails."""

from comment_service.actions.filter import retrain
from comment_service.actions.moderation import spot_check
from comment_service.notify import backups, moderator_mail, weekly_mail
from comment_service.runtime import Runtime
from comment_service.storage.admin import sites
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation import spot_check as spot


def enqueue_due_jobs(runtime: Runtime) -> None:
    """Enqueue all jobs that are due; called every minute."""
    enqueue_trainings(runtime)
    backups.enqueue_if_due(runtime)
    if runtime.settings.smtp_url:
        moderator_mail.enqueue_digests(runtime)
        weekly_mail.enqueue_mails(runtime)


def enqueue_trainings(runtime: Runtime) -> None:
    """Enqueue a training for every site that has enough new decisions."""
    for site_id in [site.id for site in sites.all_sites(session())]:
        if retrain.is_due(session=session(), runtime=runtime, site_id=site_id):
            with transaction() as current:
                retrain.request_training(
                    session=current, runtime=runtime, site_id=site_id, actor="the clock"
                )


def draw_spot_checks(runtime: Runtime) -> None:
    """Draw this week's spot check for every site that has none."""
    week = spot_check.week_of(runtime.now())
    for site_id in [site.id for site in sites.all_sites(session())]:
        if spot.of_week(session(), site_id, week) is None:
            with transaction() as current:
                spot_check.draw(session=current, runtime=runtime, site_id=site_id)
