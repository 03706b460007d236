"""Account page: e-mail notifications; end, mute or change each subscription."""

from flask import redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from comment_service.actions.readers import manage_subscription
from comment_service.errors import DoesNotExist
from comment_service.storage.db.session import session, transaction
from comment_service.storage.readers import subscriptions
from comment_service.storage.tables import Author, Subscription
from comment_service.web.comments import presenters
from comment_service.web.http.context import id_argument, runtime
from comment_service.web.http.place import PageRef
from comment_service.web.readers import account_frame
from comment_service.web.readers.account_frame import current_reader


def show() -> str:
    """List the reader's subscriptions."""
    limit, site = runtime().settings.page_size, current_reader().site
    found, more = subscriptions.of_author(
        session(), current_reader().author, id_argument("before"), limit
    )
    return account_frame.render_page(
        "mails",
        rows=[
            (row, presenters.thread_url(PageRef(site, row.page.url, ""), "thread_page"))
            for row in found
        ],
        next_url=url_for("account.mails", site=site.key, before=more) if more else "",
    )


def change(subscription_id: int) -> Response:
    """Apply the action of a subscription's button."""
    key, author_id, action = (
        current_reader().site.key,
        current_reader().author.id,
        request.form.get("do", ""),
    )
    with transaction() as current:
        row = subscriptions.get(current, subscription_id)
        author = current.get_one(Author, author_id)
        if row is None or not subscriptions.belongs_to(current, row, author):
            raise DoesNotExist("There is no such subscription of yours (any more).")
        _apply(row, action)
    return redirect(url_for("account.mails", site=key), 303)


def _apply(row: Subscription, action: str) -> None:
    """Apply an action: ``end``, ``mute``, ``unmute`` or a delivery pace.

    Raises:
        NotFound: there is no such action.
    """
    db, state = session(), runtime()
    if action == "end":
        manage_subscription.unsubscribe(session=db, runtime=state, row=row)
    elif action in {"mute", "unmute"}:
        manage_subscription.mute(session=db, runtime=state, row=row, muted=action == "mute")
    elif action in subscriptions.PACES:
        manage_subscription.set_pace(session=db, runtime=state, row=row, pace=action)
    else:
        raise NotFound


ROUTES = (
    ("/mails", "mails", "GET", show),
    ("/mails/<id:subscription_id>", "change_mail", "POST", change),
)
"""URL below the account, endpoint, method, view."""
