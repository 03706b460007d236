"""My account: name and website, what leads to it, the browsers that know it."""

from collections.abc import Mapping, Sequence

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from comment_service.actions.readers import my_account, my_sessions
from comment_service.errors import InvalidFields
from comment_service.storage.db.session import session, transaction
from comment_service.storage.readers import accounts, activity
from comment_service.storage.tables import Author
from comment_service.text import browsers
from comment_service.web.comments.feeds import answers_url
from comment_service.web.comments.login_options import name_of, ways_in
from comment_service.web.http import messages, visitor_cookie
from comment_service.web.http.context import number, runtime
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.readers import (
    account_data,
    account_frame,
    account_lists,
    account_mails,
    after_login,
)
from comment_service.web.readers.account_frame import me

account = Blueprint("account", __name__, url_prefix="/account")
account.before_request(account_frame.only_known)

Problems = Mapping[str, Sequence[str]]


@account.get("/")
def show() -> str:
    """Show the account."""
    return _page({})


def _page(problems: Problems) -> str:
    known, now = me(), runtime().now()
    limit = runtime().settings.page_size
    author_id = known.author.id
    found, more = activity.sessions(session(), author_id, now, before=number("before"), limit=limit)
    owned = accounts.identities(session(), author_id) if known.kind == "account" else ()
    title = known.site.name
    return account_frame.page(
        "show",
        problems=problems,
        typed=request.form,
        done=request.args.get("done", ""),
        identities=[(one, name_of(one.provider, title)) for one in owned],
        ways=_ways(),
        feed_url=answers_url(known.author),
        sessions=[(one, *browsers.named(one.browser)) for one in found],
        next_url=url_for("account.show", site=known.site.key, before=more) if more else "",
        sign_in_url=account_frame.sign_in_url(known.site),
    )


def _ways() -> list[tuple[str, str]]:
    """Return what can be added to the account: title and address."""
    known = me()
    if known.kind != "account" or known.session is None:
        return []
    url = url_for("account.show", site=known.site.key, _external=True)
    carried = {"site": known.site.key, "url": url, "link": after_login.link_token(known.session)}
    return [(way.title, way.url) for way in ways_in(carried)]


@account.post("/profile")
def rename() -> Response:
    """Take another name and website."""
    author_id = me().author.id
    try:
        with transaction() as current:
            my_account.rename(
                session=current,
                runtime=runtime(),
                author=current.get_one(Author, author_id),
                name=request.form.get("name", ""),
                website=request.form.get("website", ""),
            )
    except InvalidFields as refusal:
        raise RefusedWithPage(refusal, _page(messages.fields(refusal))) from None
    return account_frame.back("renamed")


@account.post("/identities/<id:identity_id>/remove")
def remove_identity(identity_id: int) -> Response:
    """Let an identity lead here no more."""
    author_id = me().author.id
    with transaction() as current:
        my_account.remove_identity(
            session=current,
            runtime=runtime(),
            author=current.get_one(Author, author_id),
            identity_id=identity_id,
        )
    return account_frame.back("removed")


@account.post("/sessions/<id:session_id>/end")
def end_session(session_id: int) -> Response:
    """Log one browser out."""
    author_id = me().author.id
    with transaction() as current:
        my_sessions.end_session(
            session=current,
            runtime=runtime(),
            author=current.get_one(Author, author_id),
            session_id=session_id,
        )
    return account_frame.back("ended")


@account.post("/sessions/end")
def end_sessions() -> Response:
    """Log every browser out, this one too."""
    site_id, author_id = me().site.id, me().author.id
    target = account_frame.sign_in_url(me().site)
    with transaction() as current:
        author = current.get_one(Author, author_id)
        my_sessions.end_sessions(session=current, runtime=runtime(), author=author)
    return visitor_cookie.forget(redirect(target, 303), site_id)


for rule, name, method, view in (
    *account_lists.ROUTES,
    *account_mails.ROUTES,
    *account_data.ROUTES,
):
    account.add_url_rule(rule, name, view, methods=[method])
