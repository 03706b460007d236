"""What the templates receive: plain, already safe, the same for a page, a fragment and JSON.

Every text field is unescaped text (the templates escape it); every ``Markup`` field is HTML that
``text/`` or a template of ours made. Times are aware datetimes in UTC. Nothing here is personal:
one rendering of a thread serves every reader.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from markupsafe import Markup


@dataclass(frozen=True)
class CommentView:
    """One comment as any reader may see it, with the replies loaded under it."""

    id: int
    author_name: str
    author_url: str  # "" or an http(s) URL
    avatar: Markup  # inline SVG identicon, the picture over it
    created: datetime
    edited: datetime | None
    html: Markup  # "" for a tombstone
    status: str  # "published"; "pending" only for its own author; anything else is a tombstone
    depth: int
    parent_id: int | None
    parent_name: str  # shown as "in reply to …" where the parent is not on the screen
    like_count: int
    by_moderator: bool
    writer: bool  # writes the posts
    url: str  # permalink of the comment on the service's own page
    reply_url: str  # "" where no reply is possible
    likers_url: str
    pinned: bool = False
    help_url: str = ""  # of an own one that waits: log in, and the filter looks again
    provider: str = ""  # whose account spoke: "GitHub"
    replies: Sequence["CommentView"] = ()
    more_replies_url: str = (
        ""  # the next replies under this top-level comment, "" when all are here
    )
    more_replies_count: int = 0
    continue_url: str = ""  # replies deeper than are nested here, "" where there are none

    @property
    def anchor(self) -> str:
        """The element's id, stable for permalinks."""
        return f"comment-{self.id}"

    @property
    def is_tombstone(self) -> bool:
        """Whether only its place is shown, because replies stand under it."""
        return self.status not in {"published", "pending"}


@dataclass(frozen=True)
class WayIn:
    """One way to sign in."""

    key: str  # the row of the settings, "email" or "passkey"
    title: str
    url: str


@dataclass(frozen=True)
class EmojiView:
    """An emoji that comments can be given."""

    symbol: str
    name: str


@dataclass(frozen=True)
class OwnView:
    """What a comment offers its author, for a while."""

    id: int
    seconds: int  # how long it does
    edit_url: str  # "" where somebody's word stands against it
    delete_url: str


@dataclass(frozen=True)
class SortLink:
    """One way to order a thread."""

    key: str  # "oldest", "newest" or "best"
    url: str
    current: bool


@dataclass(frozen=True)
class ThreadView:
    """One page's thread, or one stretch of it."""

    site_key: str
    page_url: str
    page_title: str
    locale: str  # BCP 47, for lang=
    direction: str  # "ltr" or "rtl"
    count: int  # published comments on the page
    page_like_count: int
    page_likers: Sequence["LikerView"]  # the newest of them, for their pictures
    page_likers_url: str  # "" where nobody may see who liked
    likes_url: str  # where a like is posted to
    report_url: str  # where a comment is reported, but for its id at the end
    closed: bool
    sort: str
    sorts: Sequence[SortLink]
    comments: Sequence[CommentView]
    next_url: str  # the next stretch of top-level comments, "" at the end
    revision: int
    newest: int = 0  # the number of the comment that came last
    feed_url: str = ""  # "" where nobody has said anything yet
    ways: Sequence[WayIn] = ()  # how to sign in here
    guests: bool = True  # whether people without an account may write
    likes: bool = True  # whether anything can be liked
    reactions_url: str = ""  # where an emoji is posted to
    emoji: Sequence[EmojiView] = ()  # those that can be given
    reactions: Mapping[int, Mapping[str, int]] = field(default_factory=dict)  # comment → emoji → n
    mine: Mapping[int, OwnView] = field(default_factory=dict)  # on a reader's own page alone
    focused: bool = False  # one comment's tree alone; next_url leads to all
    heading_level: int = 2


@dataclass(frozen=True)
class FormView:
    """The reply form: what was typed comes back with what was wrong."""

    action: str
    token: str  # signed form token; "" in a cacheable fragment: the script fetches one
    key: str  # idempotency key; "" in a cacheable fragment: the script makes one
    parent_id: int | None = None
    parent_name: str = ""
    text: str = ""
    name: str = ""
    email: str = ""
    url: str = ""
    cancel_url: str = ""
    account: str = ""  # whose account speaks, "" for a guest: "using your … account"
    log_out_url: str = ""  # where a host logs its user out, "" where we do
    account_url: str = ""  # "My account", "" where the account is the host's
    sign_out_url: str = ""
    max_length: int = 10_000
    privacy_url: str = ""
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)  # field name → sentences
    notice: str = ""  # outcome of the last submission: "Your comment waits for a moderator."
    help_url: str = ""  # where a guest whose comment waits can log in
    notice_kind: str = ""  # "published", "pending" or "error"
    notify: str = ""  # what one wants to be told of by mail: "", "replies" or "page"
    notify_offered: bool = False
    subscribe_url: str = ""  # where one subscribes without commenting, "" where nobody can


@dataclass(frozen=True)
class LatestView:
    """One of a site's newest comments, for a sidebar."""

    name: str
    avatar: Markup
    title: str  # of the page
    url: str  # of the comment on its page
    excerpt: str
    created: datetime


@dataclass(frozen=True)
class LikerView:
    """One who liked."""

    name: str
    avatar: Markup
