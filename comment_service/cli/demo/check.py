"""``demo --check``: exercise the running server as a visitor and as a moderator, over HTTP."""

import re
import secrets
from collections.abc import Callable, Iterator
from html import unescape

from rich.console import Console
from rich.table import Table

from comment_service.cli.demo.browser import Browser
from comment_service.cli.demo.posts import POSTS
from comment_service.cli.demo.story import Story, csrf, require

HONEST = "We walked it in spring. The bakery in the fourth station sells a very good plum cake."
PENDING = (
    "The map is in the regional archive, you can look at it here: https://archive.example/1911"
)
SPAM = (
    "CONGRATULATIONS you won!!! Free casino bonus, claim your cash prize now, click "
    "http://win.example/a http://win.example/b http://win.example/c"
)


Step = Callable[[Story], str]


def reads_the_blog(story: Story) -> str:
    """A post contains its thread without JavaScript."""
    page = Browser().get(story.address + POSTS[0].path)
    require(page.status == 200 and "comment-thread" in page.text, "no thread in the page")
    count = len(re.findall(r'<article class="comments-one', page.text))
    require(count > 0, "the seeded comments are not there")
    return f"{count} comments in the page"


def reads_a_fragment(story: Story) -> str:
    """The thread fragment has an ETag, and is sent only once."""
    first = story.get("thread")
    again = story.get("thread", **{"If-None-Match": first.headers.get("etag", "")})
    require(first.status == 200 and again.status == 304, f"{first.status}, then {again.status}")
    return "200, then 304"


def posts_honestly(story: Story) -> str:
    """An honest comment is published at once."""
    answer = story.post(HONEST)
    require(answer.status == 201, f"{answer.status}: {answer.text[:200]}")
    story.ids["honest"] = answer.json()["id"]
    require(answer.json()["status"] == "published", answer.json()["status"])
    require("plum cake" in story.thread(), "it is not in the thread")
    return "201, published"


def posts_twice(story: Story) -> str:
    """Submitting twice creates one comment."""
    key = secrets.token_hex(16)
    first = story.post("One submission, sent twice because the train went into a tunnel.", key=key)
    again = story.post("One submission, sent twice because the train went into a tunnel.", key=key)
    same = first.json()["id"] == again.json()["id"]
    require(first.status == 201 and again.status == 200 and same, f"{first.status}, {again.status}")
    return "201, then 200 with the same comment"


def replies(story: Story) -> str:
    """A reply appears under its parent."""
    answer = story.post("And an even better one with poppy seed.", parent=story.ids["honest"])
    require(answer.status == 201, f"{answer.status}: {answer.text[:200]}")
    require(answer.json()["parent"] == story.ids["honest"], "it has another parent")
    return "201, under its parent"


def likes(story: Story) -> str:
    """A like counts once, and can be removed."""
    url = f"{story.address}/comments/likes"
    body = {**story.page, "comment": story.ids["honest"]}
    counts = []
    for liked in (True, True, False, True):
        counts.append(story.visitor.post_json(url, {**body, "liked": liked}).json()["count"])
    require(counts == [1, 1, 0, 1], f"the counts were {counts}")
    require("Liked by 1 person" in story.thread(), "the thread does not say so")
    return "1, 1, 0, 1; “Liked by 1 person”"


def is_held(story: Story) -> str:
    """A first comment with a link is held, and only its author sees it."""
    story.visitor = Browser()
    answer = story.post(PENDING, name="Archivist")
    story.ids["held"] = answer.json()["id"]
    require(answer.status == 201 and answer.json()["status"] == "pending", answer.text[:200])
    require("regional archive" not in story.thread(), "everybody can read it")
    mine = story.get("me").json()["pending"]
    require([one["id"] for one in mine] == [story.ids["held"]], "its author cannot see it")
    return "201, pending, seen by its author alone"


def is_filed(story: Story) -> str:
    """Spam is not published, but kept."""
    story.visitor = Browser()
    answer = story.post(SPAM, name="Casino Bonus", website="http://win.example")
    story.ids["spam"] = answer.json()["id"]
    require(answer.status == 201 and "win.example" not in story.thread(), answer.text[:200])
    return "201, not public"


def keeps_the_text(story: Story) -> str:
    """A refused form keeps everything that was typed."""
    token = story.get("form-token").json()["token"]
    form = {
        **story.page,
        "token": token,
        "key": secrets.token_hex(16),
        "text": "<b>typed</b> & kept",
    }
    answer = story.visitor.post_form(f"{story.address}/comments/comments", form)
    require(answer.status == 422, f"{answer.status}")
    require("<b>typed</b> & kept" in unescape(answer.text), "the text is gone")
    require("<b>typed</b>" not in answer.text, "the text is not escaped")
    return "422, with the text and the reason"


def signs_in(story: Story) -> str:
    """The one-time link signs a moderator in, once."""
    page = story.moderator.get(story.link)
    require(page.status == 200, f"{page.status}")
    inside = story.moderator.post_form(story.link, {"csrf_token": csrf(page.text)})
    require(inside.status == 200 and "Needs review" in inside.text, f"{inside.status}")
    require(Browser().get(story.link).status == 410, "the link works twice")
    return "in; the link is spent"


_MARKS = re.compile(r'<span class="hidden">.*?</span>|</?mark[^>]*>')
"""Around words that the filter found telling."""


def sees_why(story: Story) -> str:
    """The queue shows why a comment is held."""
    page = story.moderator.get(f"{story.address}/comments/moderation/pending").text
    queue = _MARKS.sub("", page)
    require("regional archive" in queue, "the held comment is not in the queue")
    require("First comment by this author, with a link" in queue, "it does not say why")
    return "score and reasons in words"


def approves(story: Story) -> str:
    """An approved comment is published."""
    answer = story.decide("pending", f"comments/{story.ids['held']}/decide", decision="approve")
    require(answer.status == 200 and "Approved." in answer.text, f"{answer.status}")
    require("regional archive" in story.thread(), "it is not in the thread")
    found = re.search(r"/decisions/(\d+)/undo", answer.text)
    require(found is not None, "no undo is offered")
    story.ids["decision"] = int(found[1]) if found else 0
    return "public"


def undoes(story: Story) -> str:
    """A decision can be undone."""
    story.decide("pending", f"decisions/{story.ids['decision']}/undo")
    require("regional archive" not in story.thread(), "it is still public")
    story.decide("pending", f"comments/{story.ids['held']}/decide", decision="approve")
    require("regional archive" in story.thread(), "it is not public again")
    return "gone, and approved again"


def is_guarded(story: Story) -> str:
    """Only moderators can moderate, and other sites cannot write."""
    url = f"{story.address}/comments/moderation/comments/{story.ids['honest']}/decide"
    answer = story.visitor.post_form(url, {"decision": "spam"})
    require("plum cake" in story.thread(), f"a visitor could moderate ({answer.status})")
    foreign = story.visitor.post_json(
        f"{story.address}/comments/likes",
        {**story.page, "liked": True},
        {"Origin": "https://evil.example"},
    )
    require(foreign.status == 403, f"a foreign page got {foreign.status}")
    return "refused"


STEPS: tuple[Step, ...] = (
    reads_the_blog,
    reads_a_fragment,
    posts_honestly,
    posts_twice,
    replies,
    likes,
    is_held,
    is_filed,
    keeps_the_text,
    signs_in,
    sees_why,
    approves,
    undoes,
    is_guarded,
)


def check(address: str, link: str) -> bool:
    """Run every step and print a table; return True if all passed."""
    table = Table("", "step", "what happened")
    fine = True
    for step, happened, held in _run(Story(address, link)):
        fine = fine and held
        words = (step.__doc__ or step.__name__).strip()
        table.add_row("ok" if held else "WRONG", words, happened)
    Console().print(table)
    return fine


def _run(story: Story) -> Iterator[tuple[Step, str, bool]]:
    """Run the steps in order; continue after a failure."""
    for step in STEPS:
        try:
            yield step, step(story), True
        except (AssertionError, OSError, KeyError, ValueError) as wrong:
            yield step, f"{type(wrong).__name__}: {wrong}", False
