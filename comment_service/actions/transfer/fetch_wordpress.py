"""Fetch the comments of a running WordPress over its REST API, spam and trash included."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from comment_service import fetching
from comment_service.errors import InvalidFields, Unacceptable
from comment_service.text.addresses import clean_page_url
from comment_service.text.sentences import staff_sentence

if TYPE_CHECKING:
    import requests

STATUSES = ("approve", "hold", "spam", "trash", "post-trashed")
PER_PAGE = 50
MAX_PAGES = 100_000
_UNAUTHORIZED = 401
MAX_ANSWER = 20_000_000
"""Most bytes of one answer with ``PER_PAGE`` comments."""
_LOCAL = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")
_POSTS = "publish,future,draft,pending,private,trash"
"""Statuses of posts; "any" would leave those in the trash out."""
_FIELDS = (
    "id,post,parent,author,author_name,author_email,author_url,date,date_gmt,content,link,status,"
    "type"
)


class _Blog(NamedTuple):
    """A running WordPress: a session that is signed in, and the address of its API."""

    session: "requests.Session"
    api: str


def fetch_wordpress(
    *,
    url: str,
    user: str,
    password: str,
    into: Path,
    guard: bool,
    most: int = 0,
    report: Callable[[int, int], None] = lambda _done, _total: None,
) -> int:
    """Write all posts with comments, and the comments, to a file; return the number of comments.

    Args:
        url: the blog's address.
        user: a user who may moderate comments.
        password: an application password of that user.
        into: the file that is written, one JSON object a line.
        guard: refuse addresses that are not public; for an address typed into a page.
        most: the most bytes that the file may have; 0: any number.
        report: called with (comments, all comments).

    Raises:
        InvalidFields: the address is not one to which a password may be sent.
        Unacceptable: WordPress does not answer, refuses, or has too much; the message says why.
    """
    address, posts, number = blog_address(url), set[int](), 0
    with _session(guard=guard) as session, into.open("w") as file:
        session.auth = (user, password)
        blog = _Blog(session, _api(session, address))
        total = sum(_count(blog, _asked(status)) for status in STATUSES)
        for status in STATUSES:
            for comment in _all(blog, "comments", _asked(status)):
                _write(file, "comment", comment)
                number += 1
                if isinstance(comment.get("post"), int):
                    posts.add(comment["post"])
                report(number, max(number, total))
                if most and file.tell() > most:
                    raise Unacceptable(
                        staff_sentence(
                            "The comments of this WordPress are larger than %(number)s MB. Use"
                            " `comment-service import wordpress` on the server.",
                            number=most // 1_000_000,
                        )
                    )
        for kind in ("posts", "pages"):
            for batch in _batches(sorted(posts)):
                asked = {"include": ",".join(map(str, batch)), "status": _POSTS, "context": "edit",
                         "_fields": "id,link,guid,title,comment_status"}  # fmt: skip
                for post in _all(blog, kind, asked):
                    _write(file, "post", post)
    return number


def _session(*, guard: bool) -> "requests.Session":
    if guard:
        return fetching.guarded_session(most=MAX_ANSWER)
    return fetching.trusted_session(most=MAX_ANSWER)


def _asked(status: str) -> Mapping[str, str]:
    """Return the query for the comments of a status, pingbacks and reviews included."""
    return {"status": status, "type": "all", "context": "edit", "order": "asc", "orderby": "id",
            "_fields": _FIELDS}  # fmt: skip


def _api(session: "requests.Session", blog: str) -> str:
    """Return the address of the API; a blog with plain permalinks has it in the query string."""
    answer = _get(session, f"{blog}/wp-json/", {"_fields": "namespaces"})
    return f"{blog}/wp-json/wp/v2" if _is_json(answer) else f"{blog}/?rest_route=/wp/v2"


def _is_json(answer: "requests.Response") -> bool:
    return answer.headers.get("Content-Type", "").startswith("application/json")


def blog_address(url: str) -> str:
    """Return the blog's address without a slash at its end.

    Raises:
        InvalidFields: it is no address, or not encrypted.
    """
    try:
        cleaned = clean_page_url(url).rstrip("/")
    except ValueError as error:
        raise InvalidFields({"url": [f"{error}."]}) from None
    if not cleaned.startswith("https://") and not cleaned.startswith(_LOCAL):
        raise InvalidFields(
            {"url": [staff_sentence("A password is only sent to an address with https://.")]}
        )
    return cleaned


def _count(blog: _Blog, asked: Mapping[str, str]) -> int:
    """Return how many objects WordPress has for a query, 0 if it does not say."""
    answer = _get(blog.session, f"{blog.api}/comments", {**asked, "per_page": "1"})
    told = answer.headers.get("X-WP-Total", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else 0


def _all(blog: _Blog, kind: str, asked: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of all pages of an answer."""
    for page in range(1, MAX_PAGES):
        found = _page(blog, kind, {**asked, "per_page": str(PER_PAGE), "page": str(page)})
        yield from found
        if len(found) < PER_PAGE:
            return


def _get(session: "requests.Session", url: str, asked: Mapping[str, str]) -> "requests.Response":
    try:
        return fetching.send_request(session, "GET", url, params=asked)
    except fetching.FetchError as error:
        raise Unacceptable(
            staff_sentence("%(url)s did not answer: %(why)s", url=url, why=error.to_owner)
        ) from error


def _page(blog: _Blog, kind: str, asked: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
    url = f"{blog.api}/{kind}"
    answer = _get(blog.session, url, asked)
    try:
        found = answer.json()
    except (ValueError, RecursionError) as error:
        raise Unacceptable(
            staff_sentence(
                "%(url)s answered without JSON (%(reason)s). Name the address under which the blog"
                " is shown (redirects are not followed), with its REST API enabled.",
                url=url,
                reason=answer.reason,
            )
        ) from error
    if isinstance(found, dict) and found.get("code") == "rest_post_invalid_page_number":
        return []
    if answer.ok and isinstance(found, list):
        return [one for one in found if isinstance(one, dict)]
    said = str(found.get("message", ""))[:300] if isinstance(found, dict) else ""
    said = said.rstrip(".") or "no reason given"
    if _is_unauthorized(found):
        raise Unacceptable(
            staff_sentence(
                "WordPress did not accept the user and the application password (%(said)s). If both"
                " are right, its web server drops the Authorization header before WordPress sees"
                " it.",
                said=said,
            )
        )
    raise Unacceptable(
        staff_sentence(
            "WordPress refused (%(reason)s): %(said)s. The user needs the right to moderate"
            " comments, as editors and administrators have it.",
            reason=answer.reason,
            said=said,
        )
    )


def _is_unauthorized(refusal: object) -> bool:
    """Return True if WordPress says that nobody is signed in."""
    data = refusal.get("data") if isinstance(refusal, dict) else None
    return isinstance(data, dict) and data.get("status") == _UNAUTHORIZED


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), PER_PAGE - 1):
        yield ids[start : start + PER_PAGE - 1]


def _write(file: IO[str], kind: str, value: Mapping[str, Any]) -> None:
    file.write(json.dumps({kind: value}) + "\n")
