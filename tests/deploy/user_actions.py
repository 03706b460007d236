"""The 40 things that readers and moderators do, as one list to run through any deployment.

Each action is a function of the ``Walk``; they run in the order in which they are written, as one
story on one page. ``run_all`` returns the failures, so that one of them does not hide the others.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urljoin

import requests

Action = Callable[["Walk"], None]
ACTIONS: list[tuple[str, Action]] = []
READER, OWNER = "ada@reader.example", "owner@blog.example"
PASSWORD = "a password of 24 letters"


class Browser:
    """A browser without JavaScript: cookies, forms, links. Its address is in a header."""

    def __init__(self, walk: "Walk", address: str) -> None:
        self.walk = walk
        self.session = requests.Session()
        self.session.trust_env = False  # no certificates of this machine
        self.session.verify = walk.verify
        self.session.headers["X-Forwarded-For"] = address
        self.session.headers["Accept"] = "text/html"

    def get(self, path: str, **query: Any) -> requests.Response:
        """Open a path of the service for the page, or a link as it stands in a mail."""
        if path.startswith("http"):
            return self.session.get(path, timeout=30)
        if not path.startswith("/moderation/"):
            query = {**self.walk.page, **query}
        return self.session.get(self.walk.url + path, params=query, timeout=30)

    def follow(self, page: requests.Response, pattern: str) -> requests.Response:
        """Open the first link of a page that matches."""
        links = [unescape(link) for link in re.findall(r'href="([^"]+)"', page.text)]
        found = [link for link in links if re.search(pattern, link)]
        assert found, f"no link {pattern} in {page.url}: {links}"
        return self.session.get(urljoin(page.url, found[0]), timeout=30)

    def send(self, page: requests.Response, action: str, **fields: Any) -> requests.Response:
        """Send the first form of a page whose action matches."""
        for start, body in re.findall(r"<form([^>]*)>(.*?)</form>", page.text, re.DOTALL):
            place = re.search(r'action="([^"]*)"', start)
            target = urljoin(page.url, unescape(place.group(1)) if place else "")
            if 'method="post"' in start and re.search(action, target.partition("?")[0]):
                data = {**self._filled(body), **fields}
                headers = {"Origin": self.walk.origin, "Referer": page.url}
                return self.session.post(target, data=data, headers=headers, timeout=30)
        raise AssertionError(
            f"no form for {action} in {page.url} ({page.status_code}): {page.text}"
        )

    @staticmethod
    def _filled(form: str) -> dict[str, str]:
        """Return the values with which a form is shown."""
        found = {}
        for tag in re.findall(r"<input[^>]*>", form):
            values = {key: unescape(value) for key, value in re.findall(r'(\w+)="([^"]*)"', tag)}
            ticked = values.get("type") not in {"checkbox", "radio"} or " checked" in tag
            if "name" in values and ticked:
                found[values["name"]] = values.get("value", "")
        for name, options in re.findall(
            r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL
        ):
            chosen = re.search(r'<option value="([^"]*)"[^>]* selected', options)
            first = re.search(r'<option value="([^"]*)"', options)
            found[name] = unescape((chosen or first).group(1)) if first else ""
        return found

    def send_json(self, path: str, body: dict[str, Any]) -> requests.Response:
        """Send JSON as the script does on the page of the blog."""
        headers = {"Origin": self.walk.blog, "Accept": "application/json"}
        if token := self.__dict__.get("token"):
            headers["Authorization"] = f"Bearer {token}"
        body = {**self.walk.page, **body}
        answer = self.session.post(self.walk.url + path, json=body, headers=headers, timeout=30)
        if answer.ok:
            self.token = answer.json().get("visitor") or self.__dict__.get("token", "")
        return answer

    def json(self, path: str, body: dict[str, Any]) -> Any:
        """Send JSON, which must be accepted; return the answer's."""
        answer = self.send_json(path, body)
        assert answer.status_code in {200, 201}, f"{path}: {answer.status_code} {answer.text}"
        assert answer.headers["Access-Control-Allow-Origin"] == self.walk.blog
        return answer.json()

    def comment(self, text: str, name: str, **more: str) -> dict[str, Any]:
        """Return the fields of a comment with a fresh token and key."""
        asked = self.get("/form-token", **more).json()
        return {"token": asked["token"], "key": asked["key"], "name": name, "text": text, **more}

    def say(self, text: str, name: str) -> int:
        """Post a comment as the script does."""
        return int(self.json("/comments", self.comment(text, name))["id"])


@dataclass
class Walk:
    """One deployment, the people who use it, and what they remember."""

    url: str  # of the service, as browsers reach it, without a slash at the end
    blog: str  # origin of the blog
    owner_link: Callable[[], str]  # makes a one-time link for the owner
    mails: Callable[[str], str]  # waits for the newest mail to an address and returns its text
    verify: bool | str = True  # the certificate authority of the deployment
    ids: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ada = Browser(self, "198.51.100.1")
        self.ben = Browser(self, "198.51.100.2")
        self.eve = Browser(self, "198.51.100.3")
        self.mod = Browser(self, "198.51.100.4")

    @property
    def origin(self) -> str:
        return "/".join(self.url.split("/")[:3])

    @property
    def page(self) -> dict[str, str]:
        return {"site": "default", "url": f"{self.blog}/post", "title": "A post"}

    def thread(self) -> str:
        """Return the thread as a stranger reads it."""
        return Browser(self, "198.51.100.9").get("/thread").text

    def queue(self, name: str = "pending") -> requests.Response:
        return self.mod.get(f"/moderation/{name}")

    def card(self, name: str) -> requests.Response:
        return self.mod.get(f"/moderation/comments/{self.ids[name]}")

    def link_in(self, mail: str, pattern: str) -> str:
        """Return a link of a mail; it must lead to this deployment."""
        links = re.findall(r"https?://[^\s<>\"]+", mail)
        found = [link for link in links if re.search(pattern, link)]
        assert found, f"no link {pattern} in {mail}"
        assert found[0].startswith(self.url), f"{found[0]} does not lead to {self.url}"
        return found[0]


def action(name: str) -> Callable[[Action], Action]:
    def remember(function: Action) -> Action:
        ACTIONS.append((name, function))
        return function

    return remember


def run_all(walk: Walk) -> tuple[int, Sequence[str]]:
    """Run all actions; return how many passed, and a line for each that failed."""
    failures = []
    for name, function in ACTIONS:
        try:
            function(walk)
        except (AssertionError, KeyError, requests.RequestException) as error:
            failures.append(f"{name}: {type(error).__name__}: {str(error)[:1500]}")
    return len(ACTIONS) - len(failures), failures


def ok(answer: requests.Response, *needles: str) -> requests.Response:
    """Check that an answer is a page with these words."""
    assert answer.status_code == 200, f"{answer.url}: {answer.status_code} {answer.text[:500]}"
    for needle in needles:
        assert needle in answer.text, f"{needle!r} is not in {answer.url}: {answer.text[:3000]}"
    return answer


@action("read the page of a thread")
def _(walk: Walk) -> None:
    ok(walk.ada.get("/thread.html"), "No comments yet")


@action("every link of the page stays below the service's address")
def _(walk: Walk) -> None:
    page = walk.ada.get("/thread.html")
    for link in re.findall(r'(?:href|src|action)="([^"#]+)"', page.text):
        target = urljoin(page.url, unescape(link))
        if target.startswith(walk.origin) and not target.startswith(f"{walk.blog}/post"):
            assert target.startswith(walk.url), f"{link} leaves {walk.url}"


@action("load the style sheet of the page")
def _(walk: Walk) -> None:
    ok(walk.ada.follow(walk.ada.get("/thread.html"), r"comments\.css"), "--comments-")


@action("load the script of the widget")
def _(walk: Walk) -> None:
    answer = ok(walk.ada.get("/embed.js"))
    assert answer.headers["Content-Type"].startswith("text/javascript")


@action("load the thread for the widget from another origin")
def _(walk: Walk) -> None:
    answer = ok(walk.ada.get("/thread"), "comments-form")
    assert answer.headers["Access-Control-Allow-Origin"] in {"*", walk.blog}


@action("comment without JavaScript")
def _(walk: Walk) -> None:
    page = walk.ada.get("/thread.html")
    done = walk.ada.send(page, "/comments$", name="Ada", text="Hello from the form")
    ok(done, "Hello from the form")
    assert done.url.startswith(walk.url)
    found = re.search(r'id="comment-(\d+)"', done.text)
    assert found is not None
    walk.ids["first"] = int(found[1])


@action("comment with JavaScript")
def _(walk: Walk) -> None:
    walk.ids["second"] = walk.ben.say("Hello from the script", "Ben")
    assert "Hello from the script" in walk.thread()


@action("preview a text")
def _(walk: Walk) -> None:
    assert "<strong>" in walk.ben.json("/preview", {"text": "**bold**"})["html"]


@action("reply without JavaScript")
def _(walk: Walk) -> None:
    page = walk.ada.get("/thread.html", reply=walk.ids["second"])
    ok(walk.ada.send(page, "/comments$", name="Ada", text="An answer to Ben"), "An answer to Ben")


@action("like a page without JavaScript")
def _(walk: Walk) -> None:
    ok(walk.ada.send(walk.ada.get("/thread.html"), "/likes$"))


@action("like a comment with JavaScript, and take it back")
def _(walk: Walk) -> None:
    like = {"comment": walk.ids["first"]}
    assert walk.ben.json("/likes", {**like, "liked": True})["count"] == 1
    assert walk.ben.json("/likes", {**like, "liked": False})["count"] == 0


@action("see who likes a page")
def _(walk: Walk) -> None:
    ok(walk.ada.get("/likers"), "Ada")


@action("report a comment")
def _(walk: Walk) -> None:
    page = walk.ada.get("/report", comment=walk.ids["second"])
    ok(walk.ada.send(page, "/reports$", kind="offtopic", words="not about the post"))


@action("edit an own comment")
def _(walk: Walk) -> None:
    page = walk.ada.follow(walk.ada.get("/thread.html"), rf"/comments/{walk.ids['first']}/edit")
    ok(walk.ada.send(page, "/edit$", text="Hello from the form, corrected"), "corrected")


@action("delete an own comment")
def _(walk: Walk) -> None:
    page = walk.eve.get("/thread.html")
    walk.eve.send(page, "/comments$", name="Eve", text="Soon to be deleted")
    page = walk.eve.follow(walk.eve.get("/thread.html"), r"/comments/\d+/delete")
    ok(walk.eve.send(page, "/delete$"))
    assert "Soon to be deleted" not in walk.thread()


@action("read the Atom feed")
def _(walk: Walk) -> None:
    feed = ok(walk.ada.get("/feed.atom"), "corrected").text
    assert f'href="{walk.url}/feed.atom' in feed, feed[:1500]


@action("read the RSS feed")
def _(walk: Walk) -> None:
    ok(walk.ada.get("/feed.rss"), "corrected")


@action("count the comments of pages")
def _(walk: Walk) -> None:
    assert walk.ada.get("/counts").json()["counts"][walk.page["url"]]["count"] == 3


@action("ask for new comments")
def _(walk: Walk) -> None:
    assert walk.ada.get("/news", after=walk.ids["first"]).json()["count"] >= 1


@action("show the latest comments of the site")
def _(walk: Walk) -> None:
    ok(walk.ada.get("/latest"), "Hello from the script")


@action("show the thread in a frame")
def _(walk: Walk) -> None:
    answer = ok(walk.ada.get("/frame.html"), "corrected")
    assert walk.blog in answer.headers["Content-Security-Policy"]


@action("read how data is processed")
def _(walk: Walk) -> None:
    ok(walk.ada.get("/privacy"))


@action("subscribe to a page by mail and confirm")
def _(walk: Walk) -> None:
    ok(walk.eve.send(walk.eve.get("/subscribe"), "/subscriptions$", email="eve@reader.example"))
    link = walk.link_in(walk.mails("eve@reader.example"), "/subscriptions/confirm/")
    walk.__dict__["subscription"] = done = walk.eve.send(walk.eve.get(link), "/confirm/")
    ok(done, "Mute this thread")


@action("unsubscribe")
def _(walk: Walk) -> None:
    page = walk.__dict__["subscription"]
    ok(walk.eve.send(page, "/subscriptions/manage/", do="end"), "Subscribe again")


@action("sign in with a link by mail")
def _(walk: Walk) -> None:
    window = walk.ada.get("/sign-in/mail/")
    ok(walk.ada.send(window, "/sign-in/mail/$", email=READER))
    opened = walk.ada.get(walk.link_in(walk.mails(READER), "/sign-in/mail/"))
    ok(walk.ada.send(opened, "/sign-in/mail/", name="Ada Account"), "Ada Account")


@action("comment when signed in")
def _(walk: Walk) -> None:
    page = walk.ada.get("/thread.html")
    ok(walk.ada.send(page, "/comments$", text="From my account"), "From my account")


@action("rename the account")
def _(walk: Walk) -> None:
    page = walk.ada.get("/account/")
    ok(walk.ada.send(page, "/account/profile$", name="Ada Renamed"), "Ada Renamed")


@action("list own comments and likes")
def _(walk: Walk) -> None:
    ok(walk.ada.get("/account/comments"), "From my account")
    ok(walk.ada.get("/account/likes"))


@action("download everything about oneself")
def _(walk: Walk) -> None:
    assert "From my account" in ok(walk.ada.get("/account/data.json")).text


@action("sign out of the account")
def _(walk: Walk) -> None:
    ok(walk.ada.send(walk.ada.get("/thread.html"), "/sign-out$"))
    assert "Ada Renamed" not in walk.ada.get("/account/").text


@action("open the service's own address: sign-in of moderators")
def _(walk: Walk) -> None:
    page = ok(walk.mod.get("/"))
    assert page.url.startswith(f"{walk.url}/moderation/sign-in")


@action("sign in as the owner with a one-time link")
def _(walk: Walk) -> None:
    done = walk.mod.send(walk.mod.get(walk.owner_link()), "/moderation/enter/")
    assert ok(done).url.startswith(f"{walk.url}/moderation/")


@action("choose a password")
def _(walk: Walk) -> None:
    page = walk.mod.get("/moderation/me/")
    ok(walk.mod.send(page, "/me/password$", new=PASSWORD, again=PASSWORD), "is changed")


@action("sign out and sign in with the password")
def _(walk: Walk) -> None:
    out = walk.mod.send(walk.queue(), "/moderation/sign-out$")
    done = walk.mod.send(out, "/moderation/sign-in$", login=OWNER, password=PASSWORD)
    assert ok(done, "Sign out").url.startswith(f"{walk.url}/moderation/")


@action("put a word on a list of what is held")
def _(walk: Walk) -> None:
    page = walk.mod.get("/moderation/rules/lists")
    done = walk.mod.send(page, "/rules/lists$", kind="word", status="pending", values="raffle")
    ok(done, "raffle")


@action("find a held comment in the queue")
def _(walk: Walk) -> None:
    for number in range(4):
        text = f"A raffle for you, item{number}"
        walk.ids[f"held {number}"] = walk.eve.say(text, "Eve")
    ok(walk.queue(), *(f"item{number}" for number in range(4)))


@action("approve a comment")
def _(walk: Walk) -> None:
    page = walk.card("held 0")
    ok(walk.mod.send(page, "/decide$", decision="approve"))
    assert "item0" in walk.thread()


@action("undo a decision")
def _(walk: Walk) -> None:
    ok(walk.mod.send(walk.card("held 0"), "/decisions/.*/undo$"))
    assert "item0" not in walk.thread()


@action("decide on several comments at once, and undo it")
def _(walk: Walk) -> None:
    chosen = [walk.ids["held 1"], walk.ids["held 2"]]
    ok(walk.mod.send(walk.queue(), "/batches$", decision="approve", id=chosen))
    assert "item1" in walk.thread() and "item2" in walk.thread()
    batch = walk.mod.follow(walk.mod.get("/moderation/causes/"), r"/batches/\d+")
    ok(walk.mod.send(batch, "/undo$"))
    assert "item1" not in walk.thread()


@action("reply from the queue")
def _(walk: Walk) -> None:
    ok(walk.mod.send(walk.card("second"), "/reply$", text="The owner answers"))
    assert "The owner answers" in walk.thread()


@action("edit a comment as a moderator")
def _(walk: Walk) -> None:
    ok(walk.mod.send(walk.card("second"), "/edit$", text="Hello, edited by the owner"))
    assert "edited by the owner" in walk.thread()


@action("write a note")
def _(walk: Walk) -> None:
    done = walk.mod.send(walk.card("second"), "/notes$", note="known from the forum")
    ok(walk.card("second"), "known from the forum")
    ok(done)


@action("save rules: reactions")
def _(walk: Walk) -> None:
    page = walk.mod.get("/moderation/rules/")
    done = ok(walk.mod.send(page, "/rules/$", reactions="👍 🎉"))
    assert 'class="problem"' not in done.text


@action("react to a comment")
def _(walk: Walk) -> None:
    given = {"reaction": f"{walk.ids['first']} 🎉", "given": True}
    assert walk.ben.json("/reactions", given)["count"] == 1


@action("correct a page's title")
def _(walk: Walk) -> None:
    page = walk.mod.follow(walk.mod.get("/moderation/pages/"), r"/moderation/pages/\d+")
    ok(walk.mod.send(page, "/title$", title="A better title"), "A better title")


@action("copy the embed code")
def _(walk: Walk) -> None:
    page = ok(walk.mod.get("/moderation/snippet/"))
    assert f'<script src="{walk.url}/embed.js"' in unescape(page.text)


@action("see the overview of the week and the filter")
def _(walk: Walk) -> None:
    ok(walk.mod.get("/moderation/week/"))
    ok(walk.mod.get("/moderation/model/"))


@action("invite a moderator")
def _(walk: Walk) -> None:
    page = walk.mod.get("/moderation/people/")
    done = walk.mod.send(page, "/people/invite$", email="mo@blog.example", role="moderator")
    assert f"{walk.url}/moderation/invite/" in ok(done).text


@action("close a page")
def _(walk: Walk) -> None:
    ok(walk.mod.send(walk.card("second"), "/page$", closed="1"))
    assert "comments-form" not in walk.thread()


@action("delete a comment permanently")
def _(walk: Walk) -> None:
    page = walk.mod.follow(walk.card("held 3"), "/erase")
    ok(walk.mod.send(page, "/erase$"))
    assert "item3" not in walk.card("held 3").text
