"""What the demo's moderators do in eight weeks: rounds through the queues, and single deeds."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial

from comment_service.cli.demo.site import COLLEAGUE, OWNER
from comment_service.cli.demo.staff import Moderator
from comment_service.cli.demo.timeline import Timeline

ROUNDS = (
    ("2 21:10", OWNER), ("4 21:15", COLLEAGUE), ("8 20:32", OWNER), ("13 20:05", COLLEAGUE),
    ("17 22:02", OWNER), ("21 20:18", COLLEAGUE), ("25 21:26", OWNER), ("29 20:40", COLLEAGUE),
    ("32 21:33", OWNER), ("34 22:10", COLLEAGUE), ("36 21:05", OWNER), ("39 20:24", COLLEAGUE),
    ("41 21:48", OWNER), ("43 22:15", COLLEAGUE), ("45 21:12", OWNER), ("47 20:35", COLLEAGUE),
    ("49 20:10", OWNER), ("51 22:04", COLLEAGUE), ("53 21:21", OWNER), ("54 20:50", COLLEAGUE),
)  # fmt: skip
"""When a moderator goes through the queues, and who."""
TRAININGS = ("42 06:50", "54 22:30")
"""When the owner retrains the filter."""
UNCONFIRMED = 12
"""One of so many comments that the filter published is never confirmed by a moderator."""
_PACE = timedelta(seconds=19)
_SAVED_REPLY = {
    "name": "The cake",
    "text": "The recipe of the ginger cake is coming. It takes rather longer than the kettle.",
}
_NOTE = "Grandson of the signalman at the third station. His corrections about the line are right."


class Moderation:
    """The moderators' work.

    Args:
        timeline: where it is planned.
        moderators: by e-mail address.
        comments: name in the texts → comment, filled while time goes by.
    """

    def __init__(
        self,
        timeline: Timeline,
        moderators: Mapping[str, Moderator],
        comments: Mapping[str, int],
    ) -> None:
        self._timeline = timeline
        self._moderators = moderators
        self._comments = comments
        self._undecided: dict[int, str] = {}  # comment → the right decision
        self._noticed = 0

    def plan(self) -> None:
        """Add the rounds, the trainings and the single deeds to the timeline."""
        add, owner = self._timeline.add, self._moderators[OWNER]
        for at, who in ROUNDS:
            add(at, partial(self._go_round, who))
        for at in TRAININGS:
            add(at, owner.retrain)
        add("3 20:00", partial(owner.send, "replies/", **_SAVED_REPLY))
        add("16 09:00", partial(self._on, OWNER, "dessert", "author", mark="trust"))
        add("20 21:40", partial(self._on, OWNER, "signalman", "notes", note=_NOTE))
        add("34 21:50", partial(self._decide, COLLEAGUE, "Maureen T.", "approve"))
        add("36 20:50", partial(self._decide, OWNER, "Maureen T.", "spam"))
        add("40 21:00", partial(self._on, OWNER, "ballad", "pin", pinned="1"))
        add("41 11:02", self._slip)
        word = {"kind": "word", "value": "airdrop", "status": "spam"}
        add("49 15:12", partial(self._on, OWNER, "flood", "list", **word))
        add("54 21:20", self._moderators[COLLEAGUE].spot_check)
        add("52 08:10", partial(self._on, COLLEAGUE, "Instant Followers", "author", mark="block"))

    def notice(self, comment: int, *, spam: bool, published: bool) -> None:
        """Keep a new comment for the next round; most that are in order are confirmed there."""
        self._noticed += 1
        if spam or not published or self._noticed % UNCONFIRMED:
            self._undecided[comment] = "spam" if spam else "approve"

    def clear_flood(self, comments: Sequence[int]) -> None:
        """File what a flood brought as spam at once, except what the filter filed already."""
        self._moderators[OWNER].decide_all(comments, "spam")
        for comment in comments:
            self._undecided.pop(comment, None)

    def _go_round(self, who: str) -> None:
        """Decide about everything that nobody decided, one after another."""
        moderator = self._moderators[who]
        for place, (comment, decision) in enumerate(self._undecided.items()):
            self._timeline.after(place * _PACE, partial(moderator.decide, comment, decision))
        self._undecided.clear()

    def _decide(self, who: str, about: str, decision: str) -> None:
        comment = self._comments[about]
        self._undecided.pop(comment, None)
        self._moderators[who].decide(comment, decision)

    def _slip(self) -> None:
        """File an honest comment as spam, and undo it."""
        owner = self._moderators[OWNER]
        undo = owner.decide(self._comments["saxophone"], "spam")
        self._timeline.after(2 * _PACE, partial(owner.send, undo))

    def _on(self, who: str, about: str, form: str, **fields: str) -> None:
        """Send one of the forms of a comment's page."""
        self._moderators[who].send(f"comments/{self._comments[about]}/{form}", **fields)
