"""Account pages: download my data, delete my account."""

import json
from collections.abc import Iterator

from flask import Response, render_template, stream_with_context
from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from comment_service.actions.readers.erase_author import KEEP, erase_author
from comment_service.storage.admin import rules
from comment_service.storage.db.session import session, transaction
from comment_service.storage.readers import personal_data
from comment_service.storage.tables import Author
from comment_service.web.http import visitor_cookie
from comment_service.web.http.context import language, runtime
from comment_service.web.readers import account_frame
from comment_service.web.readers.account_frame import current_reader
from comment_service.web.readers.account_lists import status_for_author


def download() -> Response:
    """Stream everything stored about the reader as one JSON file."""
    answer = Response(
        stream_with_context(_json_parts(current_reader().author)), mimetype="application/json"
    )
    answer.headers["Content-Disposition"] = 'attachment; filename="comments.json"'
    return answer


def _json_parts(author: Author) -> Iterator[str]:
    yield "{\n" + f'"author": {_json(personal_data.author(author))}'
    for name in personal_data.SECTIONS:
        yield f',\n"{name}": ['
        comma = ""
        for row in personal_data.section(session(), author.id, name):
            data = row
            if name == "comments":
                data = personal_data.comment(session(), row, status_for_author(row))
            yield f"{comma}\n{_json(data)}"
            comma = ","
        yield "]"
    yield "\n}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def confirm_erase() -> str:
    """Ask to confirm the deletion and say what it does."""
    keeps = rules.of_site(runtime().settings, current_reader().site).erased_comments == KEEP
    return account_frame.render_page("erase", keeps=keeps)


def erase() -> AnyResponse:
    """Delete the reader's account and data."""
    site, author_id = current_reader().site, current_reader().author.id
    site_id, site_name = site.id, site.name
    with force_locale(
        runtime().settings.locale
    ):  # the comments stay on the site, so the name is in its language
        name = str(_("Deleted user"))
    with transaction() as current:
        author = current.get_one(Author, author_id)
        erase_author(session=current, runtime=runtime(), author=author, name=name)
    code, direction = language()
    html = render_template(
        "comments/notice.html",
        title=_("Your account was deleted"),
        message=_("%(site)s no longer stores anything about you.", site=site_name),
        locale=code,
        direction=direction,
    )
    return visitor_cookie.delete_visitor_cookie(Response(html), site_id)


ROUTES = (
    ("/data.json", "data", "GET", download),
    ("/erase", "ask_erase", "GET", confirm_erase),
    ("/erase", "erase", "POST", erase),
)
"""URL below the account, endpoint, method, view."""
