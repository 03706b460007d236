"""Account page: name and website, sign-in methods, signed-in browsers."""

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
from comment_service.web.comments.login_options import account_name, sign_in_options
from comment_service.web.http import messages, visitor_cookie
from comment_service.web.http.context import id_argument, runtime
from comment_service.web.http.links import external_url_for
from comment_service.web.http.refusals import RefusedWithPage
from comment_service.web.readers import (
    account_data,
    account_frame,
    account_lists,
    account_mails,
    after_login,
)
from comment_service.web.readers.account_frame import current_reader

blueprint = Blueprint("account", __name__, url_prefix="/account")
blueprint.before_request(account_frame.require_reader)

Problems = Mapping[str, Sequence[str]]


@blueprint.get("/")
def show() -> str:
    """Show the account."""
    return _page({})


def _page(problems: Problems) -> str:
    reader, now = current_reader(), runtime().now()
    limit = runtime().settings.page_size
    author_id = reader.author.id
    found, more = activity.sessions(
        session(), author_id, now, before=id_argument("before"), limit=limit
    )
    owned = accounts.identities(session(), author_id) if reader.kind == "account" else ()
    title = reader.site.name
    return account_frame.render_page(
        "show",
        problems=problems,
        typed=request.form,
        done=request.args.get("done", ""),
        identities=[(row, account_name(row.provider, title)) for row in owned],
        ways=_sign_in_methods(),
        feed_url=answers_url(reader.author),
        sessions=[(row, *browsers.describe_user_agent(row.browser)) for row in found],
        next_url=url_for("account.show", site=reader.site.key, before=more) if more else "",
        sign_in_url=account_frame.sign_in_url(reader.site),
    )


def _sign_in_methods() -> list[tuple[str, str]]:
    """Return the sign-in methods that can be added to the account: title and URL."""
    reader = current_reader()
    if reader.kind != "account" or reader.session is None:
        return []
    url = external_url_for("account.show", site=reader.site.key)
    carried = {"site": reader.site.key, "url": url, "link": after_login.link_token(reader.session)}
    return [(option.title, option.url) for option in sign_in_options(carried)]


@blueprint.post("/profile")
def rename() -> Response:
    """Change the reader's name and website."""
    author_id = current_reader().author.id
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
        raise RefusedWithPage(refusal, _page(messages.field_errors(refusal))) from None
    return account_frame.redirect_to_account("renamed")


@blueprint.post("/identities/<id:identity_id>/remove")
def remove_identity(identity_id: int) -> Response:
    """Remove an identity from the account."""
    author_id = current_reader().author.id
    with transaction() as current:
        my_account.remove_identity(
            session=current,
            runtime=runtime(),
            author=current.get_one(Author, author_id),
            identity_id=identity_id,
        )
    return account_frame.redirect_to_account("removed")


@blueprint.post("/sessions/<id:session_id>/end")
def end_session(session_id: int) -> Response:
    """Sign one browser out."""
    author_id = current_reader().author.id
    with transaction() as current:
        my_sessions.end_session(
            session=current,
            runtime=runtime(),
            author=current.get_one(Author, author_id),
            session_id=session_id,
        )
    return account_frame.redirect_to_account("ended")


@blueprint.post("/sessions/end")
def end_sessions() -> Response:
    """Sign every browser out, including this one."""
    site_id, author_id = current_reader().site.id, current_reader().author.id
    target = account_frame.sign_in_url(current_reader().site)
    with transaction() as current:
        author = current.get_one(Author, author_id)
        my_sessions.end_sessions(session=current, runtime=runtime(), author=author)
    return visitor_cookie.delete_visitor_cookie(redirect(target, 303), site_id)


for rule, name, method, view in (
    *account_lists.ROUTES,
    *account_mails.ROUTES,
    *account_data.ROUTES,
):
    blueprint.add_url_rule(rule, name, view, methods=[method])
