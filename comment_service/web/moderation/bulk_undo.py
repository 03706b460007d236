"""Take back by cause: everything that a model, a rule or a moderator did since a day."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, g, request, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import DateField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, ValidationError

from comment_service.actions.moderation import bulk as batches
from comment_service.actions.moderation import bulk_undo
from comment_service.storage.db.session import session, transaction
from comment_service.storage.filter import versions
from comment_service.storage.moderation import comment_history, filters
from comment_service.storage.moderation.filters import Filter
from comment_service.storage.tables import Batch, Site
from comment_service.web.http.context import number, runtime
from comment_service.web.moderation import bulk, site_context
from comment_service.web.moderation.queue_views import only_owners
from comment_service.web.moderation.verdicts import NAMES

causes = Blueprint("causes", __name__, url_prefix="/moderation/causes")
causes.before_request(only_owners)

STRETCH = 25
_QUEUES = [
    SelectChoice("spam", _l("what it filed as spam")),
    SelectChoice("published", _l("what it published")),
    SelectChoice("rejected", _l("what it rejected")),
    SelectChoice("all", _l("all of that")),
]
_OUTCOMES = [
    SelectChoice("hold", _l("put it back to wait")),
    SelectChoice("approve", _l("publish it")),
    SelectChoice("spam", _l("file it as spam")),
]


@dataclass(frozen=True)
class Preview:
    """What would be taken back: how many, and where to look at it before."""

    number: int
    look_url: str


class CauseForm(FlaskForm):  # type: ignore[misc]
    """Whose doing is taken back: a model's or a rule's that nobody decided about, or a person's."""

    kind = RadioField(
        choices=[
            SelectChoice("model", _l("a model")),
            SelectChoice("reason", _l("a rule, or another reason")),
            SelectChoice("moderator", _l("a moderator")),
        ],
        default="model",
    )
    model = SelectField(_l("Model"), validate_choice=False)
    reason = SelectField(_l("Reason"), validate_choice=False)
    moderator = SelectField(_l("Moderator"), validate_choice=False)
    since = DateField(_l("Since"), [InputRequired(_l("Give a day, as 2026-12-31."))])
    queue = SelectField(_l("Of a model or a rule"), choices=_QUEUES, default="spam")
    outcome = SelectField(_l("and"), choices=_OUTCOMES, default="hold")

    def validate_kind(self, field: RadioField) -> None:
        """Refuse a cause without a name."""
        if field.data in {"model", "reason", "moderator"} and not self[field.data].data:
            raise ValidationError(_l("Choose which one."))

    def since_time(self) -> datetime:
        """Return the beginning of the day, in UTC."""
        day = self.since.data
        return datetime(day.year, day.month, day.day, tzinfo=UTC)


@causes.get("/")
def show() -> str:
    """Show the form, and what was taken back last."""
    return _page(site_context.site(), CauseForm(formdata=None))


@causes.post("/")
def take() -> Response | str:
    """Say how much it would be, or take it back."""
    site = site_context.site()
    form = _filled(site, CauseForm())
    if not form.validate():
        return _page(site, form)
    if "sure" not in request.form:
        return _page(site, form, _preview(site, form))
    return bulk.run(_begin(site, form))


def _begin(site: Site, form: CauseForm) -> int:
    """Begin the batch that takes it back; return its id."""
    expected, by_person = _preview(site, form).number, form.kind.data == "moderator"
    session().rollback()  # counted before anybody is kept from writing
    who: dict[str, Any] = {"runtime": runtime(), "moderator_id": g.moderator_id}
    with transaction() as current:
        if by_person:
            since, by = form.since_time(), int(form.moderator.data)
            what: dict[str, Any] = {"site_id": site.id, "by": by, "since": since}
            return bulk_undo.begin(session=current, expected=expected, **who, **what).id
        what = {"decision": form.outcome.data, "asked": _asked(site, form)}
        return batches.begin(session=current, expected=expected, **who, **what).id


def _asked(site: Site, form: CauseForm) -> Filter:
    """Return what a model or a rule did that nobody decided about."""
    return Filter(
        queue=form.queue.data,
        site=site.id,
        model=form.model.data if form.kind.data == "model" else "",
        reason=form.reason.data if form.kind.data == "reason" else "",
        since=form.since_time(),
        undecided=True,
    )


def _preview(site: Site, form: CauseForm) -> Preview:
    since = form.since.data.isoformat()
    if form.kind.data == "moderator":
        by = int(form.moderator.data)
        found = bulk_undo.number(session(), site_id=site.id, by=by, since=form.since_time())
        return Preview(found, "")
    kind = form.kind.data
    narrowed = {"site": site.key, "since": since, "undecided": "1", kind: form[kind].data}
    look = url_for("moderation.queue", queue=form.queue.data, **narrowed)
    return Preview(filters.count(session(), _asked(site, form)), look)


def _filled(site: Site, form: CauseForm) -> CauseForm:
    """Give the form what there is to choose from on a site."""
    shipped = runtime().classifier
    models = [version.id for version in versions.of_site(session(), site.id)]
    models += [shipped.model_id] if shipped is not None else []
    people = comment_history.deciders(session(), site.id)
    form.model.choices = [SelectChoice(name, name) for name in models]
    form.reason.choices = [SelectChoice(name, words) for name, words in NAMES.items()]
    form.moderator.choices = [SelectChoice(str(one.id), one.name) for one in people]
    for field in (form.model, form.reason, form.moderator):
        known = {choice.value for choice in field.choices}
        field.data = field.data if field.data in known else ""
    return form


def _page(site: Site, form: CauseForm, preview: Preview | None = None) -> str:
    found, older = comment_history.batches(session(), before=number("before"), limit=STRETCH)
    mine = [batch for batch in found if batches.is_for(batch, g.rights)]
    return site_context.page(
        "moderation/bulk_undo",
        site=site,
        form=_filled(site, form),
        preview=preview,
        batches=[(batch, _about(batch)) for batch in mine],
        next_url=site_context.next_url(older, site=site.key),
    )


def _about(batch: Batch) -> str:
    """Return what a batch was about, for its line in the list."""
    asked = batch.query.get("filter") or {}
    parts = [str(asked[name]) for name in ("queue", "model", "reason", "words") if asked.get(name)]
    return " · ".join(parts)
