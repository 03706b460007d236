"""The emoji that readers give: what they are called, and how many of each there are."""

from collections.abc import Sequence
from dataclasses import replace

from flask import url_for
from flask_babel import lazy_gettext as _l

from comment_service.storage.admin.rules import Rules
from comment_service.storage.comments import reactions
from comment_service.storage.db.session import session
from comment_service.text.emoji import emoji_name
from comment_service.web.comments.view_models import CommentView, EmojiView, ThreadView

_WORDS = {
    "👍": _l("Thumbs up"),
    "👎": _l("Thumbs down"),
    "❤": _l("Heart"),
    "😂": _l("Laughing"),
    "😄": _l("Smiling"),
    "😮": _l("Surprised"),
    "😢": _l("Sad"),
    "😡": _l("Angry"),
    "🎉": _l("Celebration"),
    "🙏": _l("Thanks"),
    "👏": _l("Applause"),
    "🔥": _l("Fire"),
    "👀": _l("Looking"),
    "🚀": _l("Rocket"),
    "🤔": _l("Thinking"),
    "💯": _l("Hundred"),
}


def view(symbol: str) -> EmojiView:
    """Return an emoji with its name; one that is not known here has Unicode's."""
    return EmojiView(symbol, str(_WORDS.get(symbol.rstrip("\ufe0f")) or emoji_name(symbol)))


def offered(thread: ThreadView, rules: Rules) -> ThreadView:
    """Return a thread with the emoji that its page's rules allow, and how many of each there are.

    The counts come in one query, whatever the number of comments.
    """
    if not rules.emoji:
        return thread
    return replace(
        thread,
        reactions_url=url_for("api.react"),
        emoji=[view(symbol) for symbol in rules.emoji],
        reactions=reactions.counts(session(), _ids(thread.comments)),
    )


def _ids(comments: Sequence[CommentView]) -> Sequence[int]:
    """Return the ids of all comments of these trees."""
    found, rest = [], list(comments)
    while rest:
        one = rest.pop()
        found.append(one.id)
        rest.extend(one.replies)
    return found
