"""``demo --check``: use the running server as a visitor and as a moderator, over HTTP."""

import re
import secrets
from collections.abc import Callable, Iterator
from html import unescape

from rich.console import Console
from rich.table import Table

from comment_service.cli.demo.browser import Browser
from comment_service.cli.demo.posts import POSTS
from comment_service.cli.demo.story import Story, csrf, need

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
    """A post shows its thread in the page itself, without a script."""
    page = Browser().get(story.address + POSTS[0].path)
    need(page.status == 200 and "comment-thread" in page.text, "no thread in the page")
    count = len(re.findall(r'<article class="comments-one', page.text))
    need(count > 0, "the seeded comments are not there")
    return f"{count} comments in the page"


def reads_a_fragment(story: Story) -> str:
    """The fragment has a tag, and is not sent twice."""
    first = story.get("thread")
    again = story.get("thread", **{"If-None-Match": first.headers.get("etag", "")})
    need(first.status == 200 and again.status == 304, f"{first.status}, then {again.status}")
    return "200, then 304"


def posts_honestly(story: Story) -> str:
    """An honest comment is public at once."""
    answer = story.post(HONEST)
    need(answer.status == 201, f"{answer.status}: {answer.text[:200]}")
    story.ids["honest"] = answer.json()["id"]
    need(answer.json()["status"] == "published", answer.json()["status"])
    need("plum cake" in story.thread(), "it is not in the thread")
    return "201, published"


def posts_twice(story: Story) -> str:
    """The same submission twice is one comment."""
    key = secrets.token_hex(16)
    first = story.post("One submission, sent twice because the train went into a tunnel.", key=key)
    again = story.post("One submission, sent twice because the train went into a tunnel.", key=key)
    same = first.json()["id"] == again.json()["id"]
    need(first.status == 201 and again.status == 200 and same, f"{first.status}, {again.status}")
    return "201, then 200 with the same comment"


def replies(story: Story) -> str:
    """A reply stands under its parent."""
    answer = story.post("And an even better one with poppy seed.", parent=story.ids["honest"])
    need(answer.status == 201, f"{answer.status}: {answer.text[:200]}")
    need(answer.json()["parent"] == story.ids["honest"], "it has another parent")
    return "201, under its parent"


def likes(story: Story) -> str:
    """A like counts once, and can be taken back."""
    url = f"{story.address}/comments/likes"
    body = {**story.page, "comment": story.ids["honest"]}
    counts = []
    for liked in (True, True, False, True):
        counts.append(story.visitor.post_json(url, {**body, "liked": liked}).json()["count"])
    need(counts == [1, 1, 0, 1], f"the counts were {counts}")
    need("Liked by 1 person" in story.thread(), "the thread does not say so")
    return "1, 1, 0, 1; “Liked by 1 person”"


def is_held(story: Story) -> str:
    """A first comment with a link waits, and only its author sees it."""
    story.visitor = Browser()
    answer = story.post(PENDING, name="Archivist")
    story.ids["held"] = answer.json()["id"]
    need(answer.status == 201 and answer.json()["status"] == "pending", answer.text[:200])
    need("regional archive" not in story.thread(), "everybody can read it")
    mine = story.get("me").json()["pending"]
    need([one["id"] for one in mine] == [story.ids["held"]], "its author cannot see it")
    return "201, pending, seen by its author alone"


def is_filed(story: Story) -> str:
    """Spam is not published, and not lost."""
    story.visitor = Browser()
    answer = story.post(SPAM, name="Casino Bonus", website="http://win.example")
    story.ids["spam"] = answer.json()["id"]
    need(answer.status == 201 and "win.example" not in story.thread(), answer.text[:200])
    return "201, not public"


def keeps_the_text(story: Story) -> str:
    """A refused form comes back with everything that was typed."""
    token = story.get("form-token").json()["token"]
    form = {
        **story.page,
        "token": token,
        "key": secrets.token_hex(16),
        "text": "<b>typed</b> & kept",
    }
    answer = story.visitor.post_form(f"{story.address}/comments/comments", form)
    need(answer.status == 422, f"{answer.status}")
    need("<b>typed</b> & kept" in unescape(answer.text), "the text is gone")
    need("<b>typed</b>" not in answer.text, "the text is not escaped")
    return "422, with the text and the reason"


def comes_in(story: Story) -> str:
    """The one-time link lets a moderator in, once."""
    page = story.moderator.get(story.link)
    need(page.status == 200, f"{page.status}")
    inside = story.moderator.post_form(story.link, {"csrf_token": csrf(page.text)})
    need(inside.status == 200 and "Needs review" in inside.text, f"{inside.status}")
    need(Browser().get(story.link).status == 410, "the link works twice")
    return "in; the link is spent"


def sees_why(story: Story) -> str:
    """The queue says why a comment waits."""
    queue = story.moderator.get(f"{story.address}/comments/moderation/pending").text
    need("regional archive" in queue, "the held comment is not in the queue")
    need("First comment by this author, with a link" in queue, "it does not say why")
    return "score and reasons in words"


def approves(story: Story) -> str:
    """An approved comment is public."""
    answer = story.decide("pending", f"comments/{story.ids['held']}/decide", decision="approve")
    need(answer.status == 200 and "Approved." in answer.text, f"{answer.status}")
    need("regional archive" in story.thread(), "it is not in the thread")
    found = re.search(r"/decisions/(\d+)/undo", answer.text)
    need(found is not None, "no undo is offered")
    story.ids["decision"] = int(found[1]) if found else 0
    return "public"


def undoes(story: Story) -> str:
    """A decision can be taken back."""
    story.decide("pending", f"decisions/{story.ids['decision']}/undo")
    need("regional archive" not in story.thread(), "it is still public")
    story.decide("pending", f"comments/{story.ids['held']}/decide", decision="approve")
    need("regional archive" in story.thread(), "it is not public again")
    return "gone, and approved again"


def is_guarded(story: Story) -> str:
    """Nobody else can moderate, and no foreign page can write."""
    url = f"{story.address}/comments/moderation/comments/{story.ids['honest']}/decide"
    answer = story.visitor.post_form(url, {"decision": "spam"})
    need("plum cake" in story.thread(), f"a visitor could moderate ({answer.status})")
    foreign = story.visitor.post_json(
        f"{story.address}/comments/likes",
        {**story.page, "liked": True},
        {"Origin": "https://evil.example"},
    )
    need(foreign.status == 403, f"a foreign page got {foreign.status}")
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
    comes_in,
    sees_why,
    approves,
    undoes,
    is_guarded,
)


def check(address: str, link: str) -> bool:
    """Run every step, print a table; return whether all held."""
    table = Table("", "step", "what happened")
    fine = True
    for step, happened, held in _run(Story(address, link)):
        fine = fine and held
        words = (step.__doc__ or step.__name__).strip()
        table.add_row("ok" if held else "WRONG", words, happened)
    Console().print(table)
    return fine


def _run(story: Story) -> Iterator[tuple[Step, str, bool]]:
    """Run the steps in order; one that fails does not stop the others."""
    for step in STEPS:
        try:
            yield step, step(story), True
        except (AssertionError, OSError, KeyError, ValueError) as wrong:
            yield step, f"{type(wrong).__name__}: {wrong}", False
