"""The pages of webhooks: create and change them, rotate secrets, see and repeat deliveries."""

from urllib.parse import urlsplit

from flask import Blueprint, g, make_response, redirect, request, url_for
from werkzeug.wrappers import Response

from comment_service.actions.admin import webhooks
from comment_service.errors import AlreadyDone, DoesNotExist, InvalidFields
from comment_service.storage.admin import webhook_deliveries as deliveries
from comment_service.storage.admin import webhooks as stored
from comment_service.storage.db.session import session, transaction
from comment_service.storage.tables import WEBHOOK_KINDS, Webhook
from comment_service.web.http import messages
from comment_service.web.http.context import id_argument, runtime
from comment_service.web.moderation import site_context
from comment_service.web.moderation.queue_views import require_owner

blueprint = Blueprint("webhooks", __name__, url_prefix="/moderation/webhooks")
blueprint.before_request(require_owner)
PER_PAGE = 25
_SIGNED = {"webhook", "build"}


@blueprint.get("/")
def show() -> str:
    """List the webhooks of a site."""
    return _list()


def _list(**more: object) -> str:
    site = site_context.owned_site()
    return site_context.render_page(
        "admin/webhooks",
        site=site,
        webhooks=stored.of_site(session(), site.id),
        kinds=WEBHOOK_KINDS,
        event_labels=webhooks.EVENT_LABELS,
        shown_url=shown_url,
        **{"errors": {}, "values": request.form, "chosen": request.form.getlist("event"), **more},
    )


@blueprint.post("/")
def create() -> Response:
    """Create a webhook and show its secret once."""
    site_id = site_context.owned_site().id
    try:
        with transaction() as current:
            made = webhooks.create(
                session=current,
                runtime=runtime(),
                by=g.moderator_id,
                site_id=site_id,
                draft=_draft(request.form.get("kind", "")),
            )
            made_id = made.id
    except InvalidFields as refusal:
        return make_response(_list(errors=messages.field_errors(refusal)), 422)
    return make_response(_one(made_id, show_secret=True))


def _draft(kind: str) -> webhooks.WebhookDraft:
    """Return the webhook of the form; an empty token keeps the stored one unless it is removed."""
    token: str | None = request.form.get("authorization", "")
    if not token and request.form.get("forget") != "1":
        token = None
    return webhooks.WebhookDraft(
        name=request.form.get("name", ""),
        url=request.form.get("url", ""),
        kind=kind,
        events=request.form.getlist("event"),
        authorization=token,
    )


@blueprint.get("/<id:webhook_id>")
def one(webhook_id: int) -> str:
    """Show a webhook with its deliveries."""
    return _one(webhook_id)


def _one(webhook_id: int, *, show_secret: bool = False, **more: object) -> str:
    webhook = _owned(webhook_id)
    rows, before = deliveries.of_webhook(
        session(), webhook.id, before=id_argument("before"), limit=PER_PAGE
    )
    secret = webhooks.secret(runtime(), webhook) if webhook.kind in _SIGNED else ""
    url = url_for("webhooks.one", webhook_id=webhook.id, before=before, site=webhook.site.key)
    stored_values = {"name": webhook.name, "url": webhook.url}
    return site_context.render_page(
        "admin/webhook",
        site=webhook.site,
        webhook=webhook,
        deliveries=rows,
        waiting=deliveries.count_open(session(), webhook.id),
        next_url=url if before else "",
        event_labels=webhooks.EVENT_LABELS,
        signed=webhook.kind in _SIGNED,
        secret=secret if show_secret else "",
        shown_url=shown_url,
        now=runtime().now(),
        **{"errors": {}, "values": stored_values, "chosen": webhook.events, **more},
    )


def _owned(webhook_id: int) -> Webhook:
    """Return a webhook of a site that the moderator owns.

    Raises:
        DoesNotExist: there is none.
    """
    found = session().get(Webhook, webhook_id)
    if found is None or not g.rights.owns(found.site_id):
        raise DoesNotExist("There is no such webhook.")
    return found


def shown_url(webhook: Webhook) -> str:
    """Return an address for lists: without path for services whose addresses are secrets."""
    parts = urlsplit(webhook.url)
    if webhook.kind == "webhook":
        return f"{parts.scheme}://{parts.netloc}{parts.path}"
    return f"{parts.scheme}://{parts.netloc}/…{webhook.url[-4:]}"


@blueprint.post("/<id:webhook_id>")
def change(webhook_id: int) -> Response:
    """Change a webhook."""
    kind = _owned(webhook_id).kind
    try:
        with transaction() as current:
            webhooks.change(
                session=current,
                runtime=runtime(),
                by=g.moderator_id,
                webhook_id=webhook_id,
                draft=_draft(kind),
            )
    except InvalidFields as refusal:
        chosen = request.form.getlist("event")
        page = _one(
            webhook_id, errors=messages.field_errors(refusal), values=request.form, chosen=chosen
        )
        return make_response(page, 422)
    return _back(webhook_id)


@blueprint.post("/<id:webhook_id>/rotate")
def rotate(webhook_id: int) -> str:
    """Make a new secret and show it once."""
    with transaction() as current:
        webhooks.rotate(
            session=current, runtime=runtime(), by=g.moderator_id, webhook_id=webhook_id
        )
    return _one(webhook_id, show_secret=True)


@blueprint.post("/<id:webhook_id>/switch")
def switch(webhook_id: int) -> Response:
    """Switch a webhook on or off."""
    on = request.form.get("on") == "1"
    with transaction() as current:
        webhooks.switch(
            session=current, runtime=runtime(), by=g.moderator_id, webhook_id=webhook_id, on=on
        )
    return _back(webhook_id)


@blueprint.post("/<id:webhook_id>/delete")
def remove(webhook_id: int) -> Response:
    """Delete a webhook with its deliveries."""
    site = _owned(webhook_id).site.key
    with transaction() as current:
        webhooks.remove(
            session=current, runtime=runtime(), by=g.moderator_id, webhook_id=webhook_id
        )
    return redirect(url_for("webhooks.show", site=site), 303)


@blueprint.post("/<id:webhook_id>/test")
def test(webhook_id: int) -> Response:
    """Send a test event."""
    try:
        with transaction() as current:
            webhooks.send_test(
                session=current, runtime=runtime(), by=g.moderator_id, webhook_id=webhook_id
            )
    except AlreadyDone as refusal:
        return make_response(_one(webhook_id, problem=messages.refusal_text(refusal)), 409)
    return _back(webhook_id)


@blueprint.get("/<id:webhook_id>/deliveries/<id:delivery_id>")
def delivery(webhook_id: int, delivery_id: int) -> str:
    """Show the request and the response of a delivery."""
    return _delivery(webhook_id, delivery_id)


def _delivery(webhook_id: int, delivery_id: int, **more: object) -> str:
    webhook = _owned(webhook_id)
    found = deliveries.load(session(), webhook.id, delivery_id)
    if found is None:
        raise DoesNotExist("There is no such delivery; they are kept for 14 days.")
    return site_context.render_page(
        "admin/webhook_delivery",
        site=webhook.site,
        webhook=webhook,
        delivery=found,
        event_labels=webhooks.EVENT_LABELS,
        **more,
    )


@blueprint.post("/<id:webhook_id>/deliveries/<id:delivery_id>/redeliver")
def redeliver(webhook_id: int, delivery_id: int) -> Response:
    """Send a delivery once more."""
    try:
        with transaction() as current:
            webhooks.redeliver(
                session=current,
                runtime=runtime(),
                by=g.moderator_id,
                webhook_id=webhook_id,
                delivery_id=delivery_id,
            )
    except AlreadyDone as refusal:
        return make_response(
            _delivery(webhook_id, delivery_id, problem=messages.refusal_text(refusal)), 409
        )
    return _back(webhook_id)


def _back(webhook_id: int) -> Response:
    site = _owned(webhook_id).site.key
    return redirect(url_for("webhooks.one", webhook_id=webhook_id, site=site), 303)
