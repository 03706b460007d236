"""What the moderation templates receive; as in ``shapes.py``, text is unescaped and Markup safe."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from comment_service.storage.moderation.notes import Noted


@dataclass(frozen=True)
class ReasonView:
    """One piece of evidence in a verdict, in words."""

    name: str
    sentence: str
    weight: float  # > 0 towards spam


@dataclass(frozen=True)
class AuthorView:
    """Who wrote a comment, and what is known of them."""

    name: str
    email: str
    url: str
    avatar: Markup
    published: int
    spam: int
    rejected: int
    first_seen: datetime
    elsewhere: int  # other authors from the same address
    state: str  # "", "blocked" or "trusted"
    blocked_until: datetime | None
    filter_url: str


@dataclass(frozen=True)
class DecisionView:
    """The decision that stands, and can be taken back."""

    id: int
    by: str
    at: datetime
    note: str  # why, as the moderator wrote


@dataclass(frozen=True)
class ReportsView:
    """What readers say against a comment, as long as nobody settled it."""

    count: int
    kinds: str  # "spam ×2, abuse"
    words: Sequence[tuple[str, str, str]]  # kind, what they wrote, their name or ""


@dataclass(frozen=True)
class CardView:
    """One comment in a moderation queue."""

    id: int
    status: str
    expected: str  # what a decision about it says that it was shown as
    site_name: str
    page_title: str
    page_url: str
    page_closed: bool
    pinned: bool
    pinnable: bool  # whether it could stand first on its page
    page_filter_url: str
    page_more_url: str  # everything that can be done about the page
    comment_url: str
    more_url: str  # everything else that can be done
    parent_name: str
    parent_text: str
    author: AuthorView
    created: datetime
    edited: datetime | None
    text: str
    marked: Markup  # the text as typed, the words that weighed most marked
    sentence: str  # the verdict in one sentence
    score: float | None  # probability of spam, None where no model scored it
    model: str
    reasons: Sequence[ReasonView]
    alike: int  # other comments that say nearly the same
    alike_url: str
    decision: DecisionView | None
    noted: Noted | None = None  # the notes on its author
    open_by: str = ""  # who else has it open, as a sentence
    reports: ReportsView | None = None


@dataclass(frozen=True)
class Chip:
    """One thing that a filter asks for, and the address without it."""

    label: str
    without_url: str


@dataclass(frozen=True)
class Choice:
    """One value that a field of the filter may have."""

    value: str
    label: str
    current: bool


@dataclass(frozen=True)
class FilterView:
    """The filter as a form: what is asked for, and what may be."""

    action: str
    typed: dict[str, str]  # field → what was typed
    kept: dict[str, str]  # hidden fields
    chips: Sequence[Chip]
    reasons: Sequence[Choice]
    identities: Sequence[Choice]
    sorts: Sequence[Choice]
    sites: Sequence[Choice]
    clear_url: str
    found: int | None  # comments that it lets through, None where nothing is asked for
    more: bool
    query: str  # the filter's own query string, for an action over all of it


@dataclass(frozen=True)
class Done:
    """What the toast says was done, and where it is taken back."""

    sentence: str
    undo_url: str
    alike: int = 0  # others that say nearly the same, and stand elsewhere
    alike_query: str = ""  # the filter that finds them
    decision: str = ""


@dataclass(frozen=True)
class FloodView:
    """A flood that put a page or the site on hold."""

    where: str
    comments: int  # that came in
    since: datetime  # when it was noticed
    until: datetime
    up: bool  # whether everything still waits
    ended_by: str  # who let comments through again, "" where time did
    waiting: int
    more: bool  # whether more wait than were counted
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
    done: Done | None
    filter: FilterView | None
    floods: Sequence[FloodView] = ()
