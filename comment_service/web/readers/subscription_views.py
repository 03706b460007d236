"""Pages behind the links in mails to readers: confirm, unsubscribe, change.

GET changes nothing, because mail scanners follow links; a button does. The signed link is the only
proof: no session, cookie or form token is required, so that a mail program can unsubscribe by
itself (RFC 8058). No Referer header reveals the link to another site.
"""

from collections.abc import Callable, Mapping
from functools import partial

from flask import Blueprint, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from comment_service.actions.readers import manage_subscription
from comment_service.actions.readers import subscription_link as links
from comment_service.errors import InvalidFields, LinkExpired
from comment_service.storage.db.session import session, transaction
from comment_service.storage.readers.subscriptions import DAILY, EACH, KEPT, PACES
from comment_service.storage.tables import Subscription
from comment_service.web.comments import presenters
from comment_service.web.http import place
from comment_service.web.http.context import language, runtime

blueprint = Blueprint("subscriptions", __name__)

PACE_LABELS = {EACH: _l("Each comment at once"), DAILY: _l("Once a day, together")}
"""Delivery pace → its label."""

_UNSUBSCRIBED = _l("You are unsubscribed. No more mails come from this page.")
_RESUBSCRIBED = _l("You are subscribed again.")
CHANGES: Mapping[str, tuple[Callable[..., object], str]] = {
    **{pace: (partial(manage_subscription.set_pace, pace=pace), _l("Changed.")) for pace in PACES},
    "mute": (partial(manage_subscription.mute, muted=True), _l("Muted: nothing is sent.")),
    "unmute": (partial(manage_subscription.mute, muted=False), _l("No longer muted.")),
    "end": (manage_subscription.unsubscribe, _UNSUBSCRIBED),
    "end_all": (
        manage_subscription.unsubscribe_all,
        _l("You are unsubscribed from everything on this site."),
    ),
    "again": (manage_subscription.resubscribe, _RESUBSCRIBED),
    "again_all": (manage_subscription.resubscribe_all, _RESUBSCRIBED),
}
"""Action on a subscription → the function that applies it, and the notice shown afterwards."""


@blueprint.get("/subscriptions/confirm/<token>")
def confirm(token: str) -> Response:
    """Ask to confirm the subscription."""
    return _subscription_page(_require_subscription(links.CONFIRM, token), ask=links.CONFIRM)


@blueprint.post("/subscriptions/confirm/<token>")
def confirmed(token: str) -> Response:
    """Confirm the subscription; mails are sent from now on."""
    row = _require_subscription(links.CONFIRM, token)
    with transaction() as current:
        manage_subscription.confirm(session=current, runtime=runtime(), row=row)
    return _subscription_page(row, notice=_("Confirmed. You will get e-mails about new comments."))


@blueprint.get("/subscriptions/unsubscribe/<token>")
def unsubscribe(token: str) -> Response:
    """Ask whether to unsubscribe."""
    return _subscription_page(
        _require_subscription(links.UNSUBSCRIBE, token), ask=links.UNSUBSCRIBE
    )


@blueprint.post("/subscriptions/unsubscribe/<token>")
def unsubscribed(token: str) -> Response:
    """Unsubscribe a reader, by button or mail program (RFC 8058); also succeeds if it is erased."""
    row = _find_subscription(links.UNSUBSCRIBE, token)
    if row is None:
        return render_page("notice", title=_("Unsubscribed"), message=_UNSUBSCRIBED)
    with transaction() as current:
        manage_subscription.unsubscribe(session=current, runtime=runtime(), row=row)
    return _subscription_page(row, notice=str(_UNSUBSCRIBED))


@blueprint.get("/subscriptions/manage/<token>")
def manage(token: str) -> Response:
    """Show a subscription with all its settings."""
    return _subscription_page(_require_subscription(links.MANAGE, token))


@blueprint.post("/subscriptions/manage/<token>")
def managed(token: str) -> Response:
    """Apply a change to a subscription."""
    action, row = request.form.get("do", ""), _require_subscription(links.MANAGE, token)
    if action not in CHANGES:
        raise InvalidFields({"do": [_("Choose what to change.")]})
    change, notice = CHANGES[action]
    with transaction() as current:
        change(session=current, runtime=runtime(), row=row)
    return _subscription_page(row, notice=str(notice), all_ended=action == "end_all")


def _find_subscription(purpose: str, token: str) -> Subscription | None:
    return links.find_subscription(
        session=session(), runtime=runtime(), purpose=purpose, token=token
    )


def _require_subscription(purpose: str, token: str) -> Subscription:
    """Return the subscription of a link.

    Raises:
        LinkSpent: the link is invalid, has another purpose, or its subscription is erased.
    """
    row = _find_subscription(purpose, token)
    if row is None:
        raise LinkExpired(
            "There is nothing behind this link any more, and nothing is sent: a subscription that "
            "nobody confirmed, or that ended, is kept for %(days)s days.",
            days=KEPT.days,
        )
    return row


def _subscription_page(
    row: Subscription, *, ask: str = "", notice: str = "", all_ended: bool = False
) -> Response:
    """Return the page of a subscription; ``ask`` is the purpose that it asks to confirm."""
    at = place.of_page(row.page)
    tokens = {
        purpose: links.sign(runtime(), purpose, row)
        for purpose in (ask or links.MANAGE, links.MANAGE)
    }
    answer = render_page(
        "readers/subscription",
        row=row,
        ask=ask,
        said=notice,
        all_ended=all_ended,
        paces=PACE_LABELS,
        ask_url=url_for(f"subscriptions.{ask}", token=tokens[ask]) if ask else "",
        manage_url=url_for("subscriptions.manage", token=tokens[links.MANAGE]),
        thread_url=presenters.thread_url(at, "thread_page"),
    )
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def render_page(template: str, **values: object) -> Response:
    """Render a page about subscriptions."""
    code, direction = language()
    path = f"comments/{template}.html"
    return make_response(render_template(path, locale=code, direction=direction, **values))
