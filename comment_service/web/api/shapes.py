"""The shapes of the API: what is validated, sent and described in the OpenAPI document.

Answers may get new fields; a request must not contain unknown ones. Times are UTC.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, cast

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    create_model,
)

from comment_service.storage.admin.rules import CHOICES, LIMITS, Rules
from comment_service.storage.tables.base import MAX_ID

MAX_LIMIT = 100
MAX_TEXT = 50_000


def _storable(text: str) -> str:
    """Return a text without NUL, which a database cannot store."""
    return text.replace("\0", "")


def _digits(value: object) -> object:
    """Refuse numbers in a query string that Python reads and JSON does not, such as 1_000."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        raise ValueError("Write a number in digits.")
    return value


def _instant(value: object) -> object:
    """Refuse seconds since 1970, which would be read as a time too."""
    if isinstance(value, str) and value.replace(".", "", 1).lstrip("+-").isdigit():
        raise ValueError("Write the time as 2026-01-31T12:00:00Z.")
    return value


def _in_range(value: datetime) -> datetime:
    """Return a time in UTC.

    Raises:
        ValueError: it is outside the years that a database stores.
    """
    if not 1900 <= value.year <= 9000:
        raise ValueError("Write a time between the years 1900 and 9000.")
    return value.astimezone(UTC)


Text = Annotated[str, AfterValidator(_storable)]
RowId = Annotated[int, Field(ge=1, le=MAX_ID), BeforeValidator(_digits)]
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT), BeforeValidator(_digits)]
Instant = Annotated[AwareDatetime, BeforeValidator(_instant), AfterValidator(_in_range)]
SentInstant = Annotated[AwareDatetime, AfterValidator(_in_range)]
"""A time in a body."""

Status = Literal["pending", "published", "spam", "rejected", "deleted"]
Outcome = Literal["approve", "spam", "reject", "hold"]
ListKind = Literal["word", "link", "domain", "email"]


class Shape(BaseModel):
    """An answer, or a part of one."""

    model_config = ConfigDict(extra="ignore")


class Sent(BaseModel):
    """A query or a body."""

    model_config = ConfigDict(extra="forbid")


class SiteQuery(Sent):
    """Which site; a key of one site need not name it."""

    site: Annotated[Text, Field(min_length=1, max_length=64)] | None = Field(
        None, description="Key of the site; needed with a key for every site."
    )


class NoQuery(Sent):
    """No parameters."""


class Paging(Sent):
    """Which part of a list."""

    cursor: Annotated[str, Field(pattern=r"^[0-9]{1,18}(\.[0-9]{1,18})?$")] | None = Field(
        None, description="The `next` of the previous part."
    )
    limit: Limit = Field(50, description="Items per part.")

    @property
    def before(self) -> int | None:
        """The id that the cursor names."""
        return int(self.cursor.rpartition(".")[2]) if self.cursor else None

    @property
    def position(self) -> tuple[int, int] | None:
        """The position that the cursor names."""
        first, _dot, last = (self.cursor or "").rpartition(".")
        return (int(first or 0), int(last)) if self.cursor else None


class SitePaging(SiteQuery, Paging):
    """Which part of a list of a site."""


class Site(Shape):
    """A blog."""

    key: str
    name: str
    origins: list[str]
    created_at: datetime


class SiteList(Shape):
    """Sites."""

    items: list[Site]
    next: str | None = None


class PageQuery(SitePaging):
    """Which pages."""

    search: Annotated[Text, Field(max_length=200)] | None = Field(
        None, description="A part of the title or the address."
    )


class Page(Shape):
    """A page with a thread."""

    id: int
    site: str
    url: str
    title: str
    comments: int = Field(description="Published comments.")
    likes: int
    closed: bool = Field(description="Whether a person closed the thread.")
    created_at: datetime


class PageList(Shape):
    """A part of the pages."""

    items: list[Page]
    next: str | None = Field(description="The cursor of the next part, null at the end.")


class PageChange(Sent):
    """What changes; a field that is left out stays."""

    title: Annotated[Text, Field(min_length=1, max_length=300)] | None = None
    closed: bool | None = None


class Author(Shape):
    """Who wrote a comment, as the comment shows it."""

    name: str
    url: str
    moderator: bool = Field(description="Whether they were a moderator when they wrote it.")
    owner: bool = Field(description="Whether they owned the site when they wrote it.")
    writer: bool = Field(description="Whether the person writes the posts.")


class Comment(Shape):
    """A comment. The place of one that is not public, but has replies, stays, without its text."""

    id: int
    site: str
    page_id: int
    page_url: str
    url: str = Field(description="Its address on the page.")
    parent_id: int | None
    root_id: int = Field(description="The top-level comment above it, or its own id.")
    status: Status
    author: Author
    source_url: str = Field(
        description="The page elsewhere that it is a copy of, empty if it was written here."
    )
    text: str = Field(description="Markdown, as it was sent.")
    html: str = Field(description="Safe HTML.")
    likes: int
    replies: int = Field(description="Public replies below a top-level comment, at any depth.")
    created_at: datetime
    edited_at: datetime | None


class WebmentionOrder(Shape):
    """A page whose links will be told of it by the worker."""

    url: str


class Post(Shape):
    """A post on Mastodon or Bluesky whose public replies are shown under a page."""

    id: int
    page_id: int
    service: Literal["mastodon", "bluesky"]
    url: str
    added_at: datetime
    read_at: datetime | None = Field(description="When its replies were read last.")
    error: str = Field(description="Why the last reading failed; empty if it did not.")


class PostList(Shape):
    """The posts of a page, in the order they were added."""

    items: list[Post]


class NewPost(Sent):
    """A post to add."""

    url: Annotated[Text, Field(min_length=1, max_length=2000)] = Field(
        description="The address of the post's own page."
    )


class RemovePostQuery(Sent):
    """What becomes of the replies that are here."""

    keep_replies: bool = Field(True, description="Whether they stay.")


class CommentList(Shape):
    """A part of the comments."""

    items: list[Comment]
    next: str | None = Field(description="The cursor of the next part, null at the end.")


class RootComment(Comment):
    """A top-level comment with its first replies, oldest first; `parent_id` gives the tree."""

    first_replies: list[Comment]


class Thread(Shape):
    """A part of the public thread of a page."""

    page: Page
    items: list[RootComment]
    next: str | None = Field(description="The cursor of the next part, null at the end.")


class ThreadPaging(Paging):
    """Which part of a thread; `limit` counts top-level comments."""

    sort: Literal["oldest", "newest", "best"] = "oldest"


class ThreadQuery(SiteQuery, ThreadPaging):
    """Which thread, and which part of it."""

    url: Annotated[Text, Field(min_length=1, max_length=2000)] = Field(
        description="Any address of the page."
    )


class CommentQuery(SitePaging):
    """Which comments."""

    status: Literal["published", "pending"] = "published"
    page_id: RowId | None = None
    since: Instant | None = Field(None, description="Not older than this time.")


class NewAuthor(Sent):
    """The person who wrote a comment."""

    name: Annotated[Text, Field(min_length=1, max_length=80)]
    email: Annotated[Text, Field(max_length=320)] = ""
    url: Annotated[Text, Field(max_length=2000)] = ""
    id: Annotated[Text, Field(max_length=200)] = Field(
        "", description="Your own id of the person; without it the person is a guest."
    )
    ip: Annotated[Text, Field(max_length=45)] = Field(
        "", description="The person's IP address, for limits; only a keyed hash of it is stored."
    )


class NewComment(Sent):
    """A comment to submit."""

    url: Annotated[Text, Field(min_length=1, max_length=2000)] = Field(
        description="The page's address, of an origin of the site."
    )
    title: Annotated[Text, Field(max_length=300)] = ""
    text: Annotated[Text, Field(min_length=1, max_length=MAX_TEXT)]
    parent_id: RowId | None = None
    author: NewAuthor


class NewReply(Sent):
    """A moderator's reply."""

    text: Annotated[Text, Field(min_length=1, max_length=MAX_TEXT)]


class TextChange(Sent):
    """A new text."""

    text: Annotated[Text, Field(min_length=1, max_length=MAX_TEXT)]
    if_edited_at: SentInstant | None = Field(
        None,
        description="The comment's `edited_at` as you read it: a text that was changed since is "
        "not replaced (409). Left out, it is.",
    )


class Reason(Shape):
    """A finding about a text."""

    name: str
    sentence: str
    weight: float = Field(description="Log-odds, above 0 towards spam.")
    status: str = Field(description="The status that it requests, empty if none.")


class Decision(Shape):
    """What a moderator did."""

    id: int
    comment_id: int
    decision: str
    from_status: str
    to_status: str


class LatestDecision(Decision):
    """The decision in effect."""

    by: str
    note: str
    decided_at: datetime


class QueueItem(Comment):
    """A comment with what a moderator needs to decide."""

    email: str
    score: float | None = Field(description="Probability of spam.")
    hold_at: float | None
    spam_at: float | None
    model: str
    reasons: list[Reason]
    reports: int = Field(description="Open reports of readers.")
    decision: LatestDecision | None
    state: str = Field(description="Send it as `expected` with a decision.")


class Queue(Shape):
    """A part of a queue."""

    items: list[QueueItem]
    next: str | None = Field(description="The cursor of the next part, null at the end.")


class QueueQuery(SitePaging):
    """Which comments."""

    status: Literal["pending", "reported", "spam", "published", "rejected", "all"] = "pending"
    page_id: RowId | None = None
    since: Instant | None = Field(None, description="Not older than this time.")


class NewDecision(Sent):
    """A decision about one comment."""

    decision: Outcome
    note: Annotated[Text, Field(max_length=1000)] = ""
    expected: Annotated[Text, Field(max_length=100)] = Field(
        "", description="The `state` of the comment that you saw; 409 if it changed since."
    )


class NewBatch(Sent):
    """One decision about many comments."""

    comment_ids: Annotated[list[RowId], Field(min_length=1, max_length=100)]
    decision: Outcome


class Batch(Shape):
    """A bulk action."""

    id: int
    decision: str
    chosen: int
    decided: int = Field(description="Comments whose status it changed.")
    undone: int
    created_at: datetime
    finished_at: datetime | None
    undone_at: datetime | None


def _rule_type(name: str, kind: Any) -> Any:
    if name in CHOICES:
        return Literal[CHOICES[name]]
    if name in LIMITS:
        low, high = LIMITS[name]
        return Annotated[kind, Field(ge=kind(low), le=kind(high))]
    return Annotated[kind, Field(max_length=200)] if kind is str else kind


_KINDS: Mapping[str, Any] = {"str": str, "int": int, "float": float, "bool": bool}
_RULES = {
    one.name: _KINDS[one.type if isinstance(one.type, str) else one.type.__name__]
    for one in fields(Rules)
}

SiteRules: type[Shape] = create_model(
    "SiteRules",
    __base__=Shape,
    __doc__="A site's rules, with the values that apply; the moderators' guide explains each.",
    **cast(Any, {name: (kind, ...) for name, kind in _RULES.items()}),
)
RuleChanges: type[Sent] = create_model(
    "RuleChanges",
    __base__=Sent,
    __doc__="The rules that change; null follows the installation again.",
    **cast(Any, {name: (_rule_type(name, kind) | None, None) for name, kind in _RULES.items()}),
)


class Entry(Shape):
    """An entry of a site's blocklists."""

    id: int
    kind: ListKind
    value: str
    status: Literal["pending", "spam"] = Field(description="What becomes of matching comments.")
    added_by: str
    created_at: datetime


class EntryList(Shape):
    """A part of the entries."""

    items: list[Entry]
    next: str | None = Field(description="The cursor of the next part, null at the end.")


class EntryQuery(SitePaging):
    """Which entries."""

    kind: ListKind | None = None


class NewEntries(Sent):
    """Entries to add; those that exist get the status."""

    kind: ListKind
    values: Annotated[
        list[Annotated[Text, Field(min_length=1, max_length=500)]],
        Field(min_length=1, max_length=1000),
    ]
    status: Literal["pending", "spam"] = "pending"


class Added(Shape):
    """How many entries are new."""

    added: int


class Role(Shape):
    """A role on a site, or on every site."""

    site: str | None
    role: Literal["owner", "moderator"]


class Person(Shape):
    """A person of the team."""

    name: str
    email: str
    roles: list[Role]
    seen_at: datetime | None


class Team(Shape):
    """A part of the team."""

    items: list[Person]
    next: str | None = Field(description="The cursor of the next part, null at the end.")


class NewScore(Sent):
    """A text to judge, with what is known of it."""

    text: Annotated[Text, Field(min_length=1, max_length=MAX_TEXT)]
    author: Annotated[Text, Field(max_length=200)] = ""
    email: Annotated[Text, Field(max_length=320)] = ""
    url: Annotated[Text, Field(max_length=2000)] = ""
    lang: Annotated[Text, Field(max_length=35)] = ""
    ip: Annotated[Text, Field(max_length=45)] = ""
    context: Annotated[Text, Field(max_length=MAX_TEXT)] = Field(
        "", description="What the text answers or stands below."
    )


class Score(Shape):
    """What the site's filter says about a text."""

    status: Status = Field(description="What would become of a comment with this text.")
    probability: float | None
    hold_at: float | None
    spam_at: float | None
    model: str
    reasons: list[Reason]


class Model(Shape):
    """A trained model of a site."""

    id: str
    state: Literal["candidate", "active", "retired"]
    trained_by: str
    created_at: datetime
    sentence: str = Field(description="The result of the comparison with the active model.")


class ModelDetails(Model):
    """A model with its card and the report of its comparison."""

    card: dict[str, Any]
    report: dict[str, Any]


class ModelList(Shape):
    """A part of the models."""

    items: list[Model]
    next: str | None = Field(description="The cursor of the next part, null at the end.")


class ModelQuery(SiteQuery):
    """Which models."""

    cursor: Annotated[Text, Field(min_length=1, max_length=64)] | None = Field(
        None, description="The `next` of the previous part."
    )
    limit: Limit = Field(50, description="Items per part.")


class ActiveModel(Shape):
    """The model that judges comments now."""

    id: str = Field(description="`shipped` for the one of the package.")
    hold_at: float | None = Field(description="Probability from which a comment is held.")
    spam_at: float | None
    problem: str = Field(description="Why it does not work, empty if it does.")


class Rollback(Sent):
    """Where to go back to."""

    model_id: Annotated[Text, Field(max_length=64)] = Field(
        "", description="A model that was active before; empty for the previous one."
    )


class Training(Shape):
    """The progress of a training."""

    running: bool
    step: str | None = None
    done: int | None = None
    total: int | None = None
    error: str | None = None


class FieldProblem(Shape):
    """What is wrong with one value."""

    field: str
    detail: str


class Problem(Shape):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="For programs; it stays the same.")
    errors: list[FieldProblem] = []
