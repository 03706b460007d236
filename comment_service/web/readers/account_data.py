"""Everything that is kept about me: to take along, and to be erased."""

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
from comment_service.web.readers.account_frame import me
from comment_service.web.readers.account_lists import status_for_author


def data() -> Response:
    """Give everything as one JSON file, written as it is read."""
    answer = Response(stream_with_context(_written(me().author)), mimetype="application/json")
    answer.headers["Content-Disposition"] = 'attachment; filename="comments.json"'
    return answer


def _written(author: Author) -> Iterator[str]:
    yield "{\n" + f'"author": {_json(personal_data.author(author))}'
    for name in personal_data.SECTIONS:
        yield f',\n"{name}": ['
        comma = ""
        for row in personal_data.section(session(), author.id, name):
            told = row
            if name == "comments":
                told = personal_data.comment(session(), row, status_for_author(row))
            yield f"{comma}\n{_json(told)}"
            comma = ","
        yield "]"
    yield "\n}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def ask() -> str:
    """Ask, and say what would happen."""
    keeps = rules.of_site(runtime().settings, me().site).erased_comments == KEEP
    return account_frame.page("erase", keeps=keeps)


def erase() -> AnyResponse:
    """Erase everything about the asker."""
    site, author_id = me().site, me().author.id
    site_id, site_name = site.id, site.name
    with force_locale(runtime().settings.locale):  # the comments stay on the site, in its language
        name = str(_("Deleted user"))
    with transaction() as current:
        author = current.get_one(Author, author_id)
        erase_author(session=current, runtime=runtime(), author=author, name=name)
    code, direction = language()
    told = render_template(
        "comments/notice.html",
        title=_("You are erased"),
        message=_("%(site)s keeps nothing about you any more.", site=site_name),
        locale=code,
        direction=direction,
    )
    return visitor_cookie.forget(Response(told), site_id)


ROUTES = (
    ("/data.json", "data", "GET", data),
    ("/erase", "ask_erase", "GET", ask),
    ("/erase", "erase", "POST", erase),
)
"""Address below the account, endpoint, method, view."""
