"""View models of the moderation templates; ``str`` is unescaped, ``Markup`` is safe HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from comment_service.storage.moderation.notes import NoteSummary


@dataclass(frozen=True)
class ReasonView:
    """One finding of a verdict, with its sentence."""

    name: str
    sentence: str
    weight: float  # > 0 towards spam
    by_rule: bool = False  # whether a rule decided by it


@dataclass(frozen=True)
class AuthorView:
    """The author of a comment, and their history."""

    name: str
    email: str
    url: str
    avatar: Markup
    published: int
    spam: int
    rejected: int
    first_seen: datetime
    elsewhere: int  # other authors from the same network
    state: str  # "", "blocked" or "trusted"
    blocked_until: datetime | None
    filter_url: str


@dataclass(frozen=True)
class DecisionView:
    """The current decision, which can be undone."""

    id: int
    by: str
    at: datetime
    note: str  # the moderator's reason


@dataclass(frozen=True)
class ReportsView:
    """Readers' reports on a comment that no moderator has settled."""

    count: int
    kinds: str  # "spam ×2, abuse"
    words: Sequence[tuple[str, str, str]]  # kind, what they wrote, their name or ""


@dataclass(frozen=True)
class NeighbourView:
    """A published comment of the same page, or the comment itself among them."""

    name: str
    excerpt: str
    created: datetime
    url: str  # its moderation page, "" for the comment itself
    answers: bool  # whether it is a reply to the comment


@dataclass(frozen=True)
class CardView:
    """One comment in a moderation queue."""

    id: int
    status: str
    expected: str  # sent with a decision, to detect that the comment changed in the meantime
    site_name: str
    owned_site: str  # its key for an owner, who may export and erase people; "" for others
    page_title: str
    page_url: str
    page_closed: bool
    pinned: bool
    pinnable: bool  # whether it can be pinned
    page_filter_url: str
    page_more_url: str  # the page's own moderation page
    source_url: str  # the page elsewhere that it is a copy of, "" if it was written here
    privacy_confirmed: bool  # its author ticked that they have read the privacy notice
    comment_url: str
    more_url: str  # the comment's own moderation page
    parent_name: str
    parent_text: str
    author: AuthorView
    created: datetime
    edited: datetime | None
    text: str
    marked: Markup  # the text with the heaviest words highlighted
    sentence: str  # the verdict in one sentence
    score: float | None  # probability of spam, None without a model
    model: str
    reasons: Sequence[ReasonView]
    alike: int  # other comments of the same campaign
    alike_url: str
    decision: DecisionView | None
    noted: NoteSummary | None = None  # notes on its author
    open_by: str = ""  # a sentence naming who else has it open
    reports: ReportsView | None = None


@dataclass(frozen=True)
class Chip:
    """An active filter, and the URL that removes it."""

    label: str
    without_url: str


@dataclass(frozen=True)
class Choice:
    """One option of a filter field."""

    value: str
    label: str
    current: bool


@dataclass(frozen=True)
class FilterView:
    """The filter as a form: current values and options."""

    action: str
    typed: dict[str, str]  # field → current value
    kept: dict[str, str]  # hidden fields
    chips: Sequence[Chip]
    reasons: Sequence[Choice]
    identities: Sequence[Choice]
    sorts: Sequence[Choice]
    sites: Sequence[Choice]
    deciders: Sequence[Choice]
    clear_url: str
    found: int | None  # number of matching comments, None without an active filter
    more: bool
    query: str  # the filter's query string, for bulk actions on all matches


@dataclass(frozen=True)
class LastAction:
    """The last action for the toast, with the URL to undo it, "" if it cannot be undone."""

    sentence: str
    undo_url: str
    undo_label: str
    alike: int = 0  # comments of the same campaign with another status
    alike_query: str = ""  # the filter that matches them
    decision: str = ""


@dataclass(frozen=True)
class FloodView:
    """A flood that put a page or the site on hold."""

    where: str
    comments: int  # comments received
    since: datetime  # when it was detected
    until: datetime
    up: bool  # whether new comments are still held
    ended_by: str  # who ended the hold, "" if it expired
    waiting: int
    more: bool  # whether more are pending than were counted
    waiting_url: str
    all_url: str
    end_url: str


@dataclass(frozen=True)
class QueueView:
    """A moderation queue's page."""

    label: str
    current: str  # a queue, or "first"
    cards: Sequence[CardView]
    next_url: str
    done: LastAction | None
    filter: FilterView | None
    floods: Sequence[FloodView] = ()
    is_new: bool = False  # there is no comment in any queue yet
    spam_days: int = 0  # after which spam is deleted, 0 for never


@dataclass(frozen=True)
class InPlaceView:
    """The buttons of a comment on the blog's own page."""

    id: int
    name: str
    status: str
    expected: str  # the state token of the comment as it is shown
    pinned: bool
    can_pin: bool
    sentence: str  # why it is pending, "" if it is not
    more_url: str
