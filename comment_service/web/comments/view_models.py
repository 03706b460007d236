"""View models of the templates, the same for a page, a fragment and JSON.

``str`` fields are unescaped (the templates escape them); ``Markup`` fields are HTML made by
``text/`` or by a template of ours. Times are aware datetimes in UTC. Except for ``mine``, nothing
is personal: one rendering of a thread serves every reader.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from markupsafe import Markup


@dataclass(frozen=True)
class CommentView:
    """One comment as any reader may see it, with the replies loaded under it."""

    id: int
    author_name: str
    author_url: str  # "" or an http(s) URL
    avatar: Markup  # inline SVG identicon, covered by the picture if there is one
    created: datetime
    edited: datetime | None
    html: Markup  # "" for a tombstone
    status: str  # "published"; "pending" only for its author and moderators; else a tombstone
    depth: int
    parent_id: int | None
    parent_name: str  # shown as "in reply to …" if the parent is not displayed
    like_count: int
    by_moderator: bool
    by_owner: bool  # a moderator who owned the site when they wrote it
    writer: bool  # an author of the site's posts
    url: str  # permalink of the comment on the service's own page
    reply_url: str  # "" if no reply is possible
    likers_url: str
    fragment: str = ""  # of an imported comment's old address: another anchor
    pinned: bool = False
    help_url: str = ""  # for an own pending comment: sign in to have it re-checked
    for_staff: bool = False  # a pending comment that a moderator sees on the blog's page
    provider: str = ""  # the sign-in provider's title: "GitHub"
    source_url: str = ""  # the page elsewhere that it is a copy of, "" if it was written here
    replies: Sequence["CommentView"] = ()
    more_replies_url: str = (
        ""  # the next replies under this top-level comment, "" if all are loaded
    )
    more_replies_count: int = 0
    continue_url: str = ""  # replies below the maximum depth, "" if there are none

    @property
    def anchor(self) -> str:
        """The HTML element's id, stable for permalinks."""
        return f"comment-{self.id}"

    @property
    def source_host(self) -> str:
        """The host of the page elsewhere, without ``www.``."""
        return (urlsplit(self.source_url).hostname or "").removeprefix("www.")

    @property
    def is_tombstone(self) -> bool:
        """True if only a placeholder is shown, because there are replies under it."""
        return self.status not in {"published", "pending"}


@dataclass(frozen=True)
class SignInOption:
    """One sign-in option."""

    key: str  # the provider's key in the settings, "email" or "passkey"
    title: str
    url: str


@dataclass(frozen=True)
class EmojiView:
    """An emoji that readers can react with."""

    symbol: str
    name: str


@dataclass(frozen=True)
class OwnView:
    """How an author can still change one of their comments."""

    id: int
    seconds: int  # time left
    edit_url: str  # "" if a moderator's decision or a report prevents editing
    delete_url: str


@dataclass(frozen=True)
class SortLink:
    """One sort order of a thread."""

    key: str  # "oldest", "newest" or "best"
    url: str
    current: bool


@dataclass(frozen=True)
class ThreadView:
    """One page's thread, or one page of results of it."""

    site_key: str
    page_url: str
    page_title: str
    locale: str  # BCP 47, for lang=
    direction: str  # "ltr" or "rtl"
    count: int  # published comments on the page
    page_like_count: int
    page_likers: Sequence["LikerView"]  # the newest ones, for their avatars
    page_likers_url: str  # "" if readers may not see who liked
    likes_url: str  # the endpoint for likes
    report_url: str  # the report page; the comment's id is appended
    closed: bool
    sort: str
    sorts: Sequence[SortLink]
    comments: Sequence[CommentView]
    next_url: str  # the next page of results, "" at the end
    revision: int
    newest: int = 0  # the id of the newest comment
    feed_url: str = ""  # "" if there are no comments yet
    ways: Sequence[SignInOption] = ()  # the sign-in options
    guests: bool = True  # whether guests may comment
    likes: bool = True  # whether likes are on
    reactions_url: str = ""  # the endpoint for reactions
    emoji: Sequence[EmojiView] = ()  # the allowed reactions
    reactions: Mapping[int, Mapping[str, int]] = field(
        default_factory=dict
    )  # comment id → emoji → count
    mine: Mapping[int, OwnView] = field(default_factory=dict)  # only on a reader's own page
    focused: bool = False  # only one comment's tree; next_url leads to the whole thread
    heading_level: int = 2
    suffix: str = ""  # ends every id, for a further thread in one document: "-2"
    articles: Mapping[int, Markup] = field(
        default_factory=dict
    )  # comment id → its rendered article, only of a thread for everyone
    form_html: Markup | None = None  # the rendered blank form, only of a thread for everyone


@dataclass(frozen=True)
class FormView:
    """The comment form; after a refusal it holds the submitted values and the errors."""

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
    account: str = ""  # the account's name, "" for a guest: "using your … account"
    log_out_url: str = ""  # the host's sign-out URL, "" if we sign the reader out
    account_url: str = ""  # "My account", "" if the account belongs to the host
    sign_out_url: str = ""
    max_length: int = 10_000
    privacy_url: str = ""
    privacy_asked: bool = False  # the reader must tick that they have read the privacy notice
    privacy_ticked: bool = False
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)  # field name → sentences
    notice: str = ""  # outcome of the last submission: "Your comment waits for a moderator."
    help_url: str = ""  # the sign-in URL for a guest whose comment is pending
    notice_kind: str = ""  # "published", "pending" or "error"
    notify: str = ""  # requested e-mail notifications: "", "replies" or "page"
    notify_offered: bool = False
    subscribe_url: str = ""  # URL to subscribe without commenting, "" if subscriptions are off


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
    """An author who liked a page or a comment."""

    name: str
    avatar: Markup
