"""What I am told by mail: each subscription ended, muted, told at once or daily."""

from flask import redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from comment_service.actions.readers import manage_subscription
from comment_service.errors import NotThere
from comment_service.storage.db.session import session, transaction
from comment_service.storage.readers import subscriptions
from comment_service.storage.tables import Author, Subscription
from comment_service.web.comments import presenters
from comment_service.web.http.context import number, runtime
from comment_service.web.http.place import Place
from comment_service.web.readers import account_frame
from comment_service.web.readers.account_frame import me


def show() -> str:
    """Show the subscriptions."""
    limit, site = runtime().settings.page_size, me().site
    found, more = subscriptions.of_author(session(), me().author, number("before"), limit)
    return account_frame.page(
        "mails",
        rows=[
            (row, presenters.link(Place(site, row.page.url, ""), "thread_page")) for row in found
        ],
        next_url=url_for("account.mails", site=site.key, before=more) if more else "",
    )


def change(subscription_id: int) -> Response:
    """Do what a button of a subscription says."""
    key, author_id, wish = me().site.key, me().author.id, request.form.get("do", "")
    with transaction() as current:
        row = subscriptions.get(current, subscription_id)
        author = current.get_one(Author, author_id)
        if row is None or not subscriptions.belongs_to(current, row, author):
            raise NotThere("There is no such subscription of yours (any more).")
        _do(row, wish)
    return redirect(url_for("account.mails", site=key), 303)


def _do(row: Subscription, wish: str) -> None:
    """Carry out a wish: ``end``, ``mute``, ``unmute`` or a pace."""
    db, state = session(), runtime()
    if wish == "end":
        manage_subscription.unsubscribe(session=db, runtime=state, row=row)
    elif wish in {"mute", "unmute"}:
        manage_subscription.mute(session=db, runtime=state, row=row, muted=wish == "mute")
    elif wish in subscriptions.PACES:
        manage_subscription.set_pace(session=db, runtime=state, row=row, pace=wish)
    else:
        raise NotFound


ROUTES = (
    ("/mails", "mails", "GET", show),
    ("/mails/<id:subscription_id>", "change_mail", "POST", change),
)
"""Address below the account, endpoint, method, view."""
