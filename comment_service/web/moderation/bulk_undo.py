"""Bulk undo by source: everything that a model, a rule or a moderator decided since a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, g, url_for
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
from comment_service.web.http.context import id_argument, runtime
from comment_service.web.moderation import bulk, confirmation, site_context
from comment_service.web.moderation.confirmation import Confirmation
from comment_service.web.moderation.navigation import LABELS
from comment_service.web.moderation.queue_views import require_owner
from comment_service.web.moderation.verdicts import FINDING_LABELS

blueprint = Blueprint("bulk_undo", __name__, url_prefix="/moderation/causes")
blueprint.before_request(require_owner)

PAGE_SIZE = 25
_QUEUES = [
    SelectChoice("spam", _l("marked as spam")),
    SelectChoice("published", _l("published by it")),
    SelectChoice("rejected", _l("rejected by it")),
    SelectChoice("all", _l("all of them")),
]
_OUTCOMES = [
    SelectChoice("hold", _l("return to queue")),
    SelectChoice("approve", _l("publish it")),
    SelectChoice("spam", _l("file it as spam")),
]


@dataclass(frozen=True)
class Preview:
    """What a bulk undo would change: the number of items, the queue URL, and the newest id."""

    number: int
    look_url: str
    newest_id: int


class BulkUndoForm(FlaskForm):  # type: ignore[misc]
    """The source of the decisions: a model or rule (undecided comments only), or a moderator."""

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
    queue = SelectField(_l("Decisions to undo"), choices=_QUEUES, default="spam")
    outcome = SelectField(_l("Then"), choices=_OUTCOMES, default="hold")

    def validate_kind(self, field: RadioField) -> None:
        """Refuse a source without a name."""
        if field.data in {"model", "reason", "moderator"} and not self[field.data].data:
            raise ValidationError(_l("Choose which one."))

    def since_time(self) -> datetime:
        """Return the start of the day, in UTC."""
        day = self.since.data
        return datetime(day.year, day.month, day.day, tzinfo=UTC)


@blueprint.get("/")
def show() -> str:
    """Show the form, and the latest bulk actions."""
    return _page(site_context.owned_site(), BulkUndoForm(formdata=None))


@blueprint.post("/")
def take() -> Response | str:
    """Show how many comments would change, or start the bulk undo."""
    site = site_context.owned_site()
    form = _with_choices(site, BulkUndoForm())
    if not form.validate():
        return _page(site, form)
    about = (site.key, sorted((name, str(value)) for name, value in form.data.items()))
    agreed = confirmation.confirmed(about)
    preview = _preview(site, form, agreed.newest_id if agreed else None)
    if agreed is None or preview.number > agreed.number:
        confirmation.offer(about, Confirmation(preview.number, preview.newest_id))
        return _page(site, form, preview)
    return bulk.run(_begin(site, form, preview))


def _begin(site: Site, form: BulkUndoForm, preview: Preview) -> int:
    """Create the batch; return its id."""
    expected, by_person = preview.number, form.kind.data == "moderator"
    session().rollback()  # counted before the transaction, which blocks all other writers
    actor: dict[str, Any] = {"runtime": runtime(), "moderator_id": g.moderator_id}
    with transaction() as current:
        if by_person:
            since, moderator_id = form.since_time(), int(form.moderator.data)
            scope: dict[str, Any] = {"site_id": site.id, "by": moderator_id, "since": since}
            scope["newest_id"] = preview.newest_id
            return bulk_undo.begin(session=current, expected=expected, **actor, **scope).id
        scope = {"decision": form.outcome.data, "matching": _filter(site, form, preview.newest_id)}
        return batches.begin(session=current, expected=expected, **actor, **scope).id


def _filter(site: Site, form: BulkUndoForm, newest_id: int | None = None) -> Filter:
    """Return the filter for decisions of a model or rule that no moderator has decided since."""
    return Filter(
        queue=form.queue.data,
        site=site.id,
        model=form.model.data if form.kind.data == "model" else "",
        reason=form.reason.data if form.kind.data == "reason" else "",
        since=form.since_time(),
        undecided=True,
        newest_id=newest_id,
    )


def _preview(site: Site, form: BulkUndoForm, newest_id: int | None = None) -> Preview:
    """Count what would change, up to an id; without one, up to the newest there is."""
    since = form.since.data.isoformat()
    if form.kind.data == "moderator":
        moderator_id = int(form.moderator.data)
        if newest_id is None:
            newest_id = bulk_undo.newest_id(session(), moderator_id)
        count = bulk_undo.count(
            session(),
            site_id=site.id,
            by=moderator_id,
            since=form.since_time(),
            newest_id=newest_id,
        )
        return Preview(count, "", newest_id)
    kind = form.kind.data
    query = {"site": site.key, "since": since, "undecided": "1", kind: form[kind].data}
    queue_url = url_for("moderation.queue", queue=form.queue.data, **query)
    if newest_id is None:
        newest_id = batches.newest_id(session(), _filter(site, form))
    number = filters.count(session(), _filter(site, form, newest_id))
    return Preview(number, queue_url, newest_id)


def _with_choices(site: Site, form: BulkUndoForm) -> BulkUndoForm:
    """Fill the form's choices for a site."""
    shipped = runtime().classifier
    models = [version.id for version in versions.of_site(session(), site.id)]
    models += [shipped.model_id] if shipped is not None else []
    people = comment_history.deciders(session(), site.id)
    form.model.choices = [SelectChoice(name, name) for name in models]
    form.reason.choices = [SelectChoice(name, words) for name, words in FINDING_LABELS.items()]
    form.moderator.choices = [SelectChoice(str(person.id), person.name) for person in people]
    for field in (form.model, form.reason, form.moderator):
        known = {choice.value for choice in field.choices}
        field.data = field.data if field.data in known else ""
    return form


def _page(site: Site, form: BulkUndoForm, preview: Preview | None = None) -> str:
    found, older = comment_history.batches(session(), before=id_argument("before"), limit=PAGE_SIZE)
    mine = [batch for batch in found if batches.may_access(batch, g.rights)]
    return site_context.render_page(
        "moderation/bulk_undo",
        site=site,
        form=_with_choices(site, form),
        preview=preview,
        batches=[(batch, _describe(batch)) for batch in mine],
        next_url=site_context.next_url(older, site=site.key),
    )


def _describe(batch: Batch) -> str:
    """Return a short description of a batch's filter for the list."""
    stored = batch.query.get("filter") or {}
    labels: dict[str, Mapping[str, object]] = {"queue": LABELS, "reason": FINDING_LABELS}
    parts = [
        str(labels.get(name, {}).get(stored[name], stored[name]))
        for name in ("queue", "model", "reason", "words")
        if stored.get(name)
    ]
    return " · ".join(parts)
