"""Fetch the comments of a running WordPress over its REST API, spam and trash included."""

import json
import time
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
ATTEMPTS = 5
"""How often a page is asked for until fetching ends."""
MAX_WAIT = 120.0
"""Longest time in seconds to wait for a server that names one."""
MAX_ANSWER = 20_000_000
"""Most bytes of one answer with ``PER_PAGE`` comments."""
_LOCAL = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")
_POSTS = "publish,future,draft,pending,private,trash"
"""Statuses of posts; "any" would leave those in the trash out."""
_FIELDS = (
    "id,post,parent,author,author_name,author_email,author_url,date,date_gmt,content,link,status,"
    "type"
)


Wait = Callable[[float], None]
"""Waits for a number of seconds, perhaps none; may raise to end the import."""


_POST_FIELDS = "id,link,guid,title,comment_status,status,password"


class _Blog(NamedTuple):
    """A running WordPress: a session that is signed in, the address of its API, how to wait."""

    session: "requests.Session"
    api: str
    wait: Wait


class _Answer(NamedTuple):
    """The objects of one page, the number of pages, and of all objects; None if it is not said."""

    found: Sequence[Mapping[str, Any]]
    pages: int | None
    total: int | None


def fetch_wordpress(
    *,
    url: str,
    user: str,
    password: str,
    into: Path,
    guard: bool,
    most: int = 0,
    report: Callable[[int, int], None] = lambda _done, _total: None,
    wait: Wait = time.sleep,
) -> int:
    """Write all posts with comments, and the comments, to a file; return the number of comments.

    After the comments of each status, the file says how many WordPress counts: it does not send
    those that the user may not read, such as waiting reviews of a shop.

    Args:
        url: the blog's address.
        user: a user who may moderate comments.
        password: an application password of that user.
        into: the file that is written, one JSON object a line.
        guard: refuse addresses that are not public; for an address typed into a page.
        most: the most bytes that the file may have; 0: any number.
        report: called with (comments, all comments).
        wait: called between two pages, and before a busy server is asked again.

    Raises:
        InvalidFields: the address is not one to which a password may be sent.
        Unacceptable: WordPress does not answer, refuses, or has too much; the message says why.
    """
    address, posts, number = blog_address(url), set[int](), 0
    with _session(guard=guard) as session, into.open("w") as file:
        session.auth = (user, password)
        blog = _Blog(session, _api(session, address), wait)
        total = sum(_count(blog, _asked(status)) for status in STATUSES)
        for status in STATUSES:
            counted: dict[str, int] = {}
            for comment in _all(blog, "comments", _asked(status), counted):
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
            _write(file, "counted", counted)
        for kind in ("posts", "pages"):
            for batch in _batches(sorted(posts)):
                asked = {
                    "include": ",".join(map(str, batch)),
                    "status": _POSTS,
                    "context": "edit",
                    "_fields": _POST_FIELDS,
                }
                for post in _all(blog, kind, asked, {}):
                    protected = bool(post.get("password"))  # the password itself is not kept
                    _write(file, "post", {**post, "password": protected})
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
    return _page(blog, "comments", {**asked, "per_page": "1"}).total or 0


def _all(
    blog: _Blog, kind: str, asked: Mapping[str, str], counted: dict[str, int]
) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of all pages of an answer; note how many there are and were sent.

    A page that is not full need not be the last: WordPress leaves out what the user may not read.
    """
    sent = 0
    for page in range(1, MAX_PAGES):
        answer = _page(blog, kind, {**asked, "per_page": str(PER_PAGE), "page": str(page)})
        sent += len(answer.found)
        counted |= {"sent": sent, "total": max(answer.total or 0, sent)}
        yield from answer.found
        if answer.pages is None and len(answer.found) < PER_PAGE:
            return
        if answer.pages is not None and page >= answer.pages:
            return
        blog.wait(0.0)


def _said(answer: "requests.Response", name: str) -> int | None:
    """Return the number in a header, None without one."""
    told = answer.headers.get(name, "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else None


def _patient_get(blog: _Blog, url: str, asked: Mapping[str, str]) -> "requests.Response":
    """Ask a server, and again after a while if it is busy or silent."""
    for attempt in range(1, ATTEMPTS):
        try:
            answer = _get(blog.session, url, asked)
        except Unacceptable as refusal:
            if isinstance(refusal.__cause__, fetching.PrivateAddressError):
                raise
            blog.wait(2.0**attempt)
            continue
        if not fetching.is_busy(answer):
            return answer
        named = fetching.retry_after(answer)
        if named is not None and named > MAX_WAIT:
            return answer
        blog.wait(2.0**attempt if named is None else named)
    return _get(blog.session, url, asked)


def _get(session: "requests.Session", url: str, asked: Mapping[str, str]) -> "requests.Response":
    try:
        return fetching.send_request(session, "GET", url, params=asked)
    except fetching.FetchError as error:
        raise Unacceptable(
            staff_sentence("%(url)s did not answer: %(why)s", url=url, why=error.to_owner)
        ) from error


def _page(blog: _Blog, kind: str, asked: Mapping[str, str]) -> _Answer:
    url = f"{blog.api}/{kind}"
    answer = _patient_get(blog, url, asked)
    if fetching.is_busy(answer):
        raise Unacceptable(
            staff_sentence(
                "WordPress is too busy to answer (%(reason)s). Try again later.",
                reason=answer.reason,
            )
        )
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
        return _Answer([], 0, None)
    if answer.ok and isinstance(found, list):
        objects = [one for one in found if isinstance(one, dict)]
        return _Answer(objects, _said(answer, "X-WP-TotalPages"), _said(answer, "X-WP-Total"))
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
