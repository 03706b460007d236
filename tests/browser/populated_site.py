"""A site after a busy month: many comments in many languages, and every feature used once."""

from datetime import timedelta

from flask import url_for
from sqlalchemy import select

from comment_service.actions.moderation import bulk, decide_by_mail
from comment_service.storage.admin import webhook_deliveries
from comment_service.storage.db.session import session, transaction
from comment_service.storage.moderation.filters import Filter
from comment_service.storage.pages import pages
from comment_service.storage.tables import EmbedOrigin, Import, Shield, Site, Webhook
from tests import many_readers
from tests.browser.servers import World
from tests.people import Moderator, ruled

WORD = "Donaudampfschifffahrtsgesellschaftskapitänswitwenrente" * 6
LONG = "I have read this three times now, and every time another sentence stays with me. " * 30
ARABIC = "مقال جميل جداً، شكراً لك على هذا الشرح الواضح. maybe"
HEBREW = "תודה רבה, זה עזר לי מאוד. maybe"
CANDIDATE = "site-default-1"


class Furnished:
    """The site's people and comments, by their purpose in the tests."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.app = world.app
        ruled(world.app, burst_comments=0)
        many_readers.fill(world.app, 120)
        self.owner = Moderator(world.app)
        self.second = Moderator(world.app, "Wilhelmine von Hohenzollern", role="moderator")
        Moderator(world.app, "Olga")  # so that the other owner may give up their role
        self.held = self._write()
        many_readers.candidate(world.app, CANDIDATE, flips=9)
        self._decide()
        self._settle()
        self.half = self._half_a_batch()
        self._import()
        self._webhook()
        self._embeds()

    def _embeds(self) -> None:
        """Add an origin that wanted to show comments and is not registered."""
        with self.app.app_context(), transaction() as current:
            seen = EmbedOrigin(site_id=1, origin=f"https://{'strange-' * 12}.example")
            seen.url = f"{seen.origin}/a-post-that-is-not-here?page=2"
            seen.first_at = seen.last_at = self.app.extensions["comments"].now()
            current.add(seen)

    def _webhook(self) -> None:
        """Add a webhook that is failing, with a delivery that is retried."""
        with self.app.app_context(), transaction() as current:
            now = self.app.extensions["comments"].now()
            hook = Webhook(site_id=1, name="Team chat", kind="webhook", salt="s", failures=2)
            hook.url, hook.events = "https://hooks.example/" + "x" * 90, ["comment.held"]
            hook.created_by, hook.created_at, hook.failing_since = "Mod", now, now
            current.add(hook)
            current.flush()
            row = webhook_deliveries.add_one(current, hook.id, "comment.held", {}, now)
            row.body, row.error, row.attempts = (
                '{"type":"comment.held"}',
                "The server answered 500.",
                2,
            )
            row.due_at, row.status, row.response = now + timedelta(days=1), 500, "<b>Oops</b>"

    def _write(self) -> list[int]:
        """Create the pending comments; return their ids, the one with most content first."""
        say = self.world.say
        first = say("Ruth", "How do you tie the third knot?", email="r@x.y")
        rich = say("حسين العبد الله", ARABIC, parent=first, email="h@example.org")
        told = [
            rich,
            say("אבי כהן", HEBREW),
            say('<b onclick="x">Bold & "Brave"</b>', "maybe <script>alert(1)</script> **bold**"),
            say(WORD[:60], f"maybe {WORD}", website="https://a-very-long-name.example/" + "x" * 90),
            say("Ilse", f"maybe {LONG}", parent=first, email="ilse@example.org"),
        ]
        for n in range(30):
            told.append(say(f"Reader {n}", f"maybe number {n}, much the same as the others"))
        for n in range(6):
            say(f"Seller {n}", f"casino number {n}, [win](http://win.example/{n})")
            say(f"Friend {n}", f"Thank you for number {n}.")
        self.public = first
        return told

    def _decide(self) -> None:
        """Add reports, decisions, edits and notes."""
        world, owner, rich = self.world, self.owner, self.held[0]
        world.person("Noor").report(self.public, "abuse", "He says this under every post. " * 6)
        world.person("Omar").report(self.public, "other", "מה זה?")
        owner.decide(rich, "approve")
        world.person("Noor").report(rich, "spam", WORD[:200])
        at = f"/moderation/comments/{rich}"
        owner.post(f"{at}/edit", text=ARABIC + "\n\nSecond paragraph.")
        for text in ("Wrote kindly in spring.", LONG[:400], HEBREW):
            owner.post(f"{at}/notes", note=text)
        owner.decide(rich, "reject")
        self.second.decide(rich, "hold")
        owner.post(f"{at}/glance")
        self.second.post(f"{at}/glance")
        owner.post(f"/moderation/comments/{self.held[5]}/author", mark="block")
        owner.post(f"/moderation/comments/{self.held[6]}/author", mark="trust")

    def _settle(self) -> None:
        """Use every owner page once."""
        post = self.owner.post
        post("/moderation/model/forget", source="decision", actor="Robin")
        post(
            "/moderation/rules/lists", kind="word", status="pending", values=f"wins\n{WORD}\nעברית"
        )
        post("/moderation/rules/pages", url=self.world.post, policy="all", guests="", likes="no")
        self._two_pages_of_one_post()
        for name in ("Thanks", WORD[:70], "شكراً"):
            post("/moderation/replies/", name=name, text=f"{name}\n\n{LONG[:300]}")
        post("/moderation/check/draw")
        for email in ("new@blog.example", f"{WORD[:50]}@blog.example"):
            post("/moderation/people/invite", email=email, name="", role="owner", where="")
        with self.app.app_context(), transaction() as current:
            now = self.app.extensions["comments"].now()
            flood = {"comments": 340, "since": now, "began_at": now}
            current.add(Shield(site_id=1, **flood, until=now + timedelta(minutes=30)))

    def _two_pages_of_one_post(self) -> None:
        """Create a post with two URLs; one of the pages has an alias."""
        other = f"{self.world.post}?from=mail"
        assert self.world.person("Noor").say("By another address.", url=other).status_code == 201
        with self.app.app_context():
            found = (pages.find(session(), 1, url) for url in (self.world.post, other))
            self.post_page, self.second_page = (page.id if page else 0 for page in found)
        long = f"{self.world.blog.origin}/{'long-' * 60}name"
        self.owner.post(f"/moderation/pages/{self.post_page}/aliases", url=long)

    def _half_a_batch(self) -> int:
        """Start a bulk action without any step; return its id."""
        picked = {"id": str(self.held[7]), "decision": "spam", "next": "/moderation/pending"}
        self.owner.post("/moderation/batches", **picked)
        with self.app.app_context(), transaction() as current:
            batch = bulk.begin(
                session=current,
                runtime=self.app.extensions["comments"],
                moderator_id=self.owner.id,
                decision="spam",
                matching=Filter("pending"),
            )
            return batch.id

    def _import(self) -> None:
        """Add imports in four states: checked, finished, failed, undone."""
        urls = [f"https://blog.example/{'a-long-way/' * n}post-{n}" for n in range(12)]
        rows = [{"url": url, "title": "A post", "in": 9, "new": 7, "exists": bool(n % 2),
                 "closes": n == 3, "out": 8, "differences": {"pingback": 1}}
                for n, url in enumerate(urls)]  # fmt: skip
        shared = {"in": 108, "pages": rows, "page_count": 30, "notes": {"staff_name": 2}}
        plan = {**shared, "new": 84, "left_out": {"here_already": 20, "pingback": 4},
                "statuses": {"published": 80, "spam": 4}, "problem_count": 1,
                "problems": ["1337: the file has no address for this page"],
                "origins": {"http://old.example": 3}}  # fmt: skip
        result = {**shared, "out": 104, "added": 84, "differences": {"pingback": 4}, "missing": 0,
                  "examples": [f"{urls[1]}#comment-1"]}  # fmt: skip
        with self.app.app_context(), transaction() as current:
            site_id = current.scalars(select(Site.id)).one()
            for number, state in enumerate(("checked", "finished", "failed", "undone"), start=1):
                row = Import(id=number, site_id=site_id, state=state, file_name=f"{state}.xml")
                row.format, row.plan, row.result, row.actor = "wxr", plan, result, "Mod"
                row.error = "line 3: not well-formed XML: mismatched tag" * (state == "failed")
                row.created_at = self.app.extensions["comments"].now()
                current.add(row)

    def mail_link(self) -> str:
        """Return the link of a mail about a pending comment."""
        with self.app.test_request_context(), transaction() as current:
            token = decide_by_mail.create_link(
                session=current,
                runtime=self.app.extensions["comments"],
                moderator_id=self.owner.id,
                comment_id=self.held[4],
            )
            return str(url_for("mail_decision.show", token=token))
