"""Where the links of the mails to readers lead: to confirm, to unsubscribe, to change.

Looking changes nothing, for mail scanners follow links; a button does. The link itself is the
proof: no session, no cookie and no form token is asked for, so that a mail program can end a
subscription by itself (RFC 8058). No page that a link opens is named to another.
"""

from collections.abc import Callable, Mapping
from functools import partial

from flask import Blueprint, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from comment_service.actions.readers import manage_subscription
from comment_service.actions.readers import subscription_link as links
from comment_service.errors import InvalidFields, LinkSpent
from comment_service.storage.db.session import session, transaction
from comment_service.storage.readers.subscriptions import DAILY, EACH, KEPT, PACES
from comment_service.storage.tables import Subscription
from comment_service.web.comments import presenters
from comment_service.web.http.context import language, runtime
from comment_service.web.http.place import Place

subscriptions = Blueprint("subscriptions", __name__)

PACE_WORDS = {EACH: _l("Each comment at once"), DAILY: _l("Once a day, together")}
"""Pace → what it is called."""

_ENDED = _l("You are unsubscribed. No more mails come from this page.")
_GOES_ON = _l("You are subscribed again.")
CHANGES: Mapping[str, tuple[Callable[..., object], str]] = {
    **{pace: (partial(manage_subscription.set_pace, pace=pace), _l("Changed.")) for pace in PACES},
    "mute": (partial(manage_subscription.mute, muted=True), _l("Muted: nothing is sent.")),
    "unmute": (partial(manage_subscription.mute, muted=False), _l("No longer muted.")),
    "end": (manage_subscription.unsubscribe, _ENDED),
    "end_all": (
        manage_subscription.unsubscribe_all,
        _l("You are unsubscribed from everything on this site."),
    ),
    "again": (manage_subscription.again, _GOES_ON),
    "again_all": (manage_subscription.again_all, _GOES_ON),
}
"""What a page may change about a subscription → what does it, and what is said then."""


@subscriptions.get("/subscriptions/confirm/<token>")
def confirm(token: str) -> Response:
    """Ask whether the subscription is wanted."""
    return _subscription_page(_of(links.CONFIRM, token), ask=links.CONFIRM)


@subscriptions.post("/subscriptions/confirm/<token>")
def confirmed(token: str) -> Response:
    """Confirm it; from now on mails are sent."""
    row = _of(links.CONFIRM, token)
    with transaction() as current:
        manage_subscription.confirm(session=current, runtime=runtime(), row=row)
    return _subscription_page(row, said=_("Confirmed. You will be told of new comments."))


@subscriptions.get("/subscriptions/unsubscribe/<token>")
def unsubscribe(token: str) -> Response:
    """Ask whether the subscription shall end."""
    return _subscription_page(_of(links.UNSUBSCRIBE, token), ask=links.UNSUBSCRIBE)


@subscriptions.post("/subscriptions/unsubscribe/<token>")
def unsubscribed(token: str) -> Response:
    """End it, for a person or for a mail program (RFC 8058); what is erased has ended too."""
    row = _opened(links.UNSUBSCRIBE, token)
    if row is None:
        return page("notice", title=_("Unsubscribed"), message=_ENDED)
    with transaction() as current:
        manage_subscription.unsubscribe(session=current, runtime=runtime(), row=row)
    return _subscription_page(row, said=str(_ENDED))


@subscriptions.get("/subscriptions/manage/<token>")
def manage(token: str) -> Response:
    """Show a subscription with everything that can be changed about it."""
    return _subscription_page(_of(links.MANAGE, token))


@subscriptions.post("/subscriptions/manage/<token>")
def managed(token: str) -> Response:
    """Change it."""
    wanted, row = request.form.get("do", ""), _of(links.MANAGE, token)
    if wanted not in CHANGES:
        raise InvalidFields({"do": [_("Choose what shall change.")]})
    change, said = CHANGES[wanted]
    with transaction() as current:
        change(session=current, runtime=runtime(), row=row)
    return _subscription_page(row, said=str(said), all_ended=wanted == "end_all")


def _opened(purpose: str, token: str) -> Subscription | None:
    return links.opened(session=session(), runtime=runtime(), purpose=purpose, token=token)


def _of(purpose: str, token: str) -> Subscription:
    """Return the subscription of a link.

    Raises:
        LinkSpent: the link is not ours, is for something else, or its subscription is erased.
    """
    row = _opened(purpose, token)
    if row is None:
        raise LinkSpent(
            "There is nothing behind this link any more, and nothing is sent: a subscription that "
            "nobody confirmed, or that ended, is kept for %(days)s days.",
            days=KEPT.days,
        )
    return row


def _subscription_page(
    row: Subscription, *, ask: str = "", said: str = "", all_ended: bool = False
) -> Response:
    """Return a subscription as it is; ``ask`` is what the page wants to be sure of first."""
    at = Place(row.page.site, row.page.url, row.page.title)
    tokens = {
        what: links.sign(runtime(), what, row) for what in (ask or links.MANAGE, links.MANAGE)
    }
    answer = page(
        "readers/subscription",
        row=row,
        ask=ask,
        said=said,
        all_ended=all_ended,
        paces=PACE_WORDS,
        ask_url=url_for(f"subscriptions.{ask}", token=tokens[ask]) if ask else "",
        manage_url=url_for("subscriptions.manage", token=tokens[links.MANAGE]),
        thread_url=presenters.link(at, "thread_page"),
    )
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def page(template: str, **values: object) -> Response:
    """Return a page of ours about subscriptions."""
    code, direction = language()
    path = f"comments/{template}.html"
    return make_response(render_template(path, locale=code, direction=direction, **values))
