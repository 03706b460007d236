"""Cases about the addresses of pages, titles, and the names and texts of comments."""

import json
import re
from collections.abc import Iterator, Sequence
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

from tests.faults.known.service import ROOMY, Result, Service, equal, serving


def one_thread_per_address(case: Path, folder: Path) -> Iterator[Result]:
    """Post to one spelling and count under the others."""
    told = json.loads(case.read_text(encoding="utf-8"))
    pairs = told.get("pairs") or [(told["post"], ask) for ask in told["ask"]]
    base = _origin(pairs[0][0])
    with serving(folder, base, **ROOMY) as service:
        for number, (post, ask) in enumerate(pairs):
            first, second = (url if "://" in url else base + url for url in (post, ask))
            reader = service.reader(number)
            reader.json("/comments", reader.comment(f"Words {number}", "Ada", url=first))
            counts = service.count(first), service.count(second)
            wanted = "same" if told["want"] == "same" else "differ"
            got = "same" if counts[0] == counts[1] else "differ" if not counts[1] else "mixed"
            yield equal(f"{post} and {ask}", wanted, got)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else "http://127.0.0.1:5451"


def links_keep_the_address(case: Path, folder: Path) -> Iterator[Result]:
    """Post to an address and read it in the feed, the thread and the moderation pages."""
    url = json.loads(case.read_text(encoding="utf-8"))["url"]
    with serving(folder, _origin(url), POLICY="all") as service:
        reader, owner = service.reader(), service.owner()
        reader.json("/comments", reader.comment("Waits for a moderator", "Ada", url=url))
        card = owner.get("/moderation/comments/1")
        yield equal("moderation page", f"links to {url}", _address_in(card.text, url))
        owner.send(card, "/decide", decision="approve")
        for path in ("/feed.atom", "/thread.html"):
            found = reader.get(path, url=url).text
            yield equal(path, f"links to {url}", _address_in(found, url))


def _address_in(page: str, url: str) -> str:
    """Return what the links of a page that lead to the host of a URL lead to."""
    links = re.findall(r'(?:href|value)="([^"]*)"', page) + re.findall(r"<id>([^<]*)<", page)
    base = url.partition("?")[0]
    found = {unescape(link).partition("#")[0] for link in links}
    ours = sorted(link for link in found if link.startswith(base))
    return f"links to {', '.join(ours)}"


def later_title(case: Path, folder: Path) -> Iterator[Result]:
    """Post twice to a new page under two titles; read heading and feed."""
    titles = json.loads(case.read_text(encoding="utf-8"))["titles"]
    with serving(folder) as service:
        for number, title in enumerate(titles):
            reader = service.reader(number)
            reader.json("/comments", reader.comment(f"Words {number}", "Ada", title=title))
        for path in ("/thread", "/feed.atom"):
            page = unescape(service.reader().get(path, title="").text)
            shown = next((title for title in titles if title in page), "neither")
            yield equal(f"title in {path}", titles[-1], shown)


def names_of_staff(case: Path, folder: Path) -> Iterator[Result]:
    """Comment as a guest under names that look like those of moderators."""
    names: Sequence[str] = json.loads(case.read_text(encoding="utf-8"))["names"]
    with serving(folder, **ROOMY) as service:
        service.owner_link()
        for number, name in enumerate(names):
            reader = service.reader(number)
            words = f"I decide here, says number {number}"
            answer = reader.send_json("/comments", reader.comment(words, name))
            status = answer.json().get("status", "refused") if answer.ok else "refused"
            public = words in service.walk().thread()
            kept = status in {"pending", "refused"} and not public
            yield Result(repr(name), "refused or held", "public" if public else status, kept)


def nothing_to_see(case: Path, folder: Path) -> Iterator[Result]:
    """Send names and texts without a visible character."""
    told = json.loads(case.read_text(encoding="utf-8"))
    tries = [("Words that count", name) for name in told["name"]]
    tries += [(text, "Ada") for text in told["text"]]
    with serving(folder, **ROOMY) as service:
        for text, name in tries:
            yield _refused_as_empty(service, text, name)


def _refused_as_empty(service: Service, text: str, name: str) -> Result:
    reader = service.reader()
    answer = reader.send_json("/comments", reader.comment(text, name))
    field = "name" if name != "Ada" else "text"
    sent = name if field == "name" else text
    what = f"{field} {sent!a}"
    named = sorted(answer.json()["error"].get("fields", {}))
    return equal(what, f"422 about ['{field}']", f"{answer.status_code} about {named}")
