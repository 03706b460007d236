"""Fetch the comments of a running WordPress over its REST API, spam and trash included."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from comment_service import fetching
from comment_service.errors import InvalidFields, Unacceptable
from comment_service.text.addresses import clean_page_url

if TYPE_CHECKING:
    import requests

STATUSES = ("approve", "hold", "spam", "trash")
PER_PAGE = 50
MAX_PAGES = 100_000
MAX_ANSWER = 20_000_000
"""Most bytes of one answer with ``PER_PAGE`` comments."""
_LOCAL = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")
_FIELDS = (
    "id,post,parent,author,author_name,author_email,author_url,date,date_gmt,content,link,status,"
    "type"
)


def fetch_wordpress(
    *,
    url: str,
    user: str,
    password: str,
    into: Path,
    report: Callable[[int, int], None] = lambda _done, _total: None,
) -> int:
    """Write all posts with comments, and the comments, to a file; return the number of comments.

    Args:
        url: the blog's address, where ``wp-json`` is.
        user: a user who may moderate comments.
        password: an application password of that user.
        into: the file that is written, one JSON object a line.
        report: called with (comments, 0).

    Raises:
        InvalidFields: the address is not one to which a password may be sent.
        Unacceptable: WordPress does not answer, or refuses; the message says why.
    """
    api = f"{_blog(url)}/wp-json/wp/v2"
    posts: set[int] = set()
    number = 0
    with fetching.guarded_session(most=MAX_ANSWER) as session, into.open("w") as file:
        session.auth = (user, password)
        for status in STATUSES:
            asked = {"status": status, "context": "edit", "order": "asc", "orderby": "id",
                     "_fields": _FIELDS}  # fmt: skip
            for comment in _all(session, f"{api}/comments", asked):
                _write(file, "comment", comment)
                number += 1
                if isinstance(comment.get("post"), int):
                    posts.add(comment["post"])
                report(number, 0)
        for kind in ("posts", "pages"):
            for batch in _batches(sorted(posts)):
                asked = {"include": ",".join(map(str, batch)), "status": "any", "context": "edit",
                         "_fields": "id,link,title,comment_status"}  # fmt: skip
                for post in _all(session, f"{api}/{kind}", asked):
                    _write(file, "post", post)
    return number


def _blog(url: str) -> str:
    """Return the blog's address without a slash at its end.

    Raises:
        InvalidFields: it is no address, or not encrypted.
    """
    try:
        cleaned = clean_page_url(url).rstrip("/")
    except ValueError as error:
        raise InvalidFields({"url": [f"{error}."]}) from None
    if not cleaned.startswith("https://") and not cleaned.startswith(_LOCAL):
        raise InvalidFields({"url": ["A password is only sent to an address with https://."]})
    return cleaned


def _all(
    session: "requests.Session", url: str, asked: Mapping[str, str]
) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of all pages of an answer."""
    for page in range(1, MAX_PAGES):
        found = _page(session, url, {**asked, "per_page": str(PER_PAGE), "page": str(page)})
        yield from found
        if len(found) < PER_PAGE:
            return


def _page(
    session: "requests.Session", url: str, asked: Mapping[str, str]
) -> Sequence[Mapping[str, Any]]:
    try:
        answer = fetching.send_request(session, "GET", url, params=asked)
        found = answer.json()
    except fetching.FetchError as error:
        raise Unacceptable(f"{url} did not answer: {error}") from error
    except (ValueError, RecursionError) as error:
        raise Unacceptable(
            f"{url} answered without JSON ({answer.reason}). Name the address under which the blog"
            " is shown (redirects are not followed), with its REST API enabled."
        ) from error
    if isinstance(found, dict) and found.get("code") == "rest_post_invalid_page_number":
        return []
    if not answer.ok or not isinstance(found, list):
        said = str(found.get("message", ""))[:300] if isinstance(found, dict) else ""
        raise Unacceptable(
            f"WordPress refused ({answer.reason}): {said or 'no reason given'}. Check the user, the"
            " application password, and that the user may moderate comments."
        )
    return [one for one in found if isinstance(one, dict)]


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), PER_PAGE - 1):
        yield ids[start : start + PER_PAGE - 1]


def _write(file: IO[str], kind: str, value: Mapping[str, Any]) -> None:
    file.write(json.dumps({kind: value}) + "\n")
