"""Operations on the filter: score a text; list, train, promote and roll back models."""

from comment_service.actions.filter import activate, external_check, retrain
from comment_service.errors import ModelNotFound
from comment_service.screening import model_cache
from comment_service.screening.classifier import thresholds
from comment_service.storage.admin import rules
from comment_service.storage.db.session import session, transaction
from comment_service.storage.filter import versions
from comment_service.storage.tables import Model, Site
from comment_service.web.api import present, shapes
from comment_service.web.api.caller import Caller
from comment_service.web.http.context import runtime
from comment_service.web.http.viewer import sent_network


def score_text(caller: Caller, query: shapes.SiteQuery, body: shapes.NewScore) -> shapes.Score:
    """Ask the filter about a text."""
    site = caller.site(query.site)
    sent = external_check.SentText(
        blog="",
        text=body.text,
        author=body.author,
        email=body.email,
        url=body.url,
        lang=body.lang,
        network=sent_network(body.ip, "ip"),
        page_text=body.context,
    )
    verdict = external_check.judge(session=session(), runtime=runtime(), site=site, sent=sent)
    return shapes.Score(
        status=verdict.status,  # type: ignore[arg-type]
        probability=verdict.score,
        hold_at=verdict.hold_at,
        spam_at=verdict.spam_at,
        model=verdict.model,
        reasons=present.reasons(verdict.reasons()),
    )


def list_models(caller: Caller, query: shapes.ModelQuery) -> shapes.ModelList:
    """List a site's models."""
    site = caller.site(query.site)
    rows, following = versions.versions_page(
        session(), site.id, before=query.cursor, limit=query.limit
    )
    return shapes.ModelList(items=[present.model(row) for row in rows], next=following)


def get_model(caller: Caller, model_id: str, query: shapes.SiteQuery) -> shapes.ModelDetails:
    """Get a model with its card and its report."""
    return present.model_details(_model(caller.site(query.site), model_id))


def _model(site: Site, model_id: str) -> Model:
    found = versions.find_without_arrays(session(), site.id, model_id)
    if found is None:
        raise ModelNotFound(f"There is no model {model_id[:64]} here.")
    return found


def get_active_model(caller: Caller, query: shapes.SiteQuery) -> shapes.ActiveModel:
    """Get the active model."""
    return _active(caller.site(query.site))


def _active(site: Site) -> shapes.ActiveModel:
    model, problem = model_cache.active_model_or_reason(session(), runtime(), site.id)
    hold_at, spam_at = thresholds(rules.of_site(runtime().settings, site), model)
    return shapes.ActiveModel(
        id=versions.active_id(session(), site.id) or activate.SHIPPED,
        hold_at=hold_at if model else None,
        spam_at=spam_at if model else None,
        problem=problem,
    )


def get_training(caller: Caller, query: shapes.SiteQuery) -> shapes.Training:
    """Get the progress of a training."""
    return _training(caller.site(query.site).id)


def _training(site_id: int) -> shapes.Training:
    return shapes.Training.model_validate(retrain.progress(session=session(), site_id=site_id))


def train_model(caller: Caller, query: shapes.SiteQuery) -> shapes.Training:
    """Train a candidate; the worker does it."""
    site_id = caller.site(query.site).id
    with transaction() as current:
        retrain.request_training(
            session=current, runtime=runtime(), site_id=site_id, actor=caller.actor
        )
    return _training(site_id)


def promote_model(caller: Caller, model_id: str, query: shapes.SiteQuery) -> shapes.ActiveModel:
    """Activate a model."""
    site = caller.site(query.site)
    with transaction() as current:
        activate.promote(
            session=current,
            runtime=runtime(),
            site_id=site.id,
            model_id=model_id,
            actor=caller.actor,
        )
    return _active(site)


def roll_back_model(
    caller: Caller, query: shapes.SiteQuery, body: shapes.Rollback
) -> shapes.ActiveModel:
    """Activate an earlier model again."""
    site = caller.site(query.site)
    with transaction() as current:
        activate.rollback(
            session=current,
            runtime=runtime(),
            site_id=site.id,
            model_id=body.model_id,
            actor=caller.actor,
        )
    return _active(site)
