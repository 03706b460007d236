"""My account: what a reader has here, on a page of our own."""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from comment_service.errors import SiteUnknown
from comment_service.storage import sites
from comment_service.storage.session import session
from comment_service.web.context import language

account = Blueprint("account", __name__, url_prefix="/account")


@account.get("/")
def show() -> str | Response:
    """Show the account."""
    site = sites.find(session(), request.args.get("site", ""))
    if site is None:
        raise SiteUnknown("There is no such site here.")
    code, direction = language()
    return render_template(
        "comments/notice.html", title=site.name, message="", locale=code, direction=direction
    )
