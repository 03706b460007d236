"""Emoji reactions: their names, and their counts for a thread."""

from collections.abc import Sequence
from dataclasses import replace

from flask import url_for
from flask_babel import lazy_gettext as _l

from comment_service.storage.admin.rules import Rules
from comment_service.storage.comments import reactions
from comment_service.storage.db.session import session
from comment_service.text.emoji import emoji_name
from comment_service.web.comments.view_models import CommentView, EmojiView, ThreadView

_NAMES = {
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


def emoji_view(symbol: str) -> EmojiView:
    """Return an emoji with its translated name, or its Unicode name if there is no translation."""
    return EmojiView(symbol, str(_NAMES.get(symbol.rstrip("\ufe0f")) or emoji_name(symbol)))


def with_reactions(thread: ThreadView, rules: Rules) -> ThreadView:
    """Return the thread with the reactions that its page's rules allow, and their counts.

    One query counts them all, whatever the number of comments.
    """
    if not rules.emoji:
        return thread
    return replace(
        thread,
        reactions_url=url_for("comments.react"),
        emoji=[emoji_view(symbol) for symbol in rules.emoji],
        reactions=reactions.counts(session(), _ids(thread.comments)),
    )


def _ids(comments: Sequence[CommentView]) -> Sequence[int]:
    """Return the ids of all comments in these trees."""
    ids, rest = [], list(comments)
    while rest:
        comment = rest.pop()
        ids.append(comment.id)
        rest.extend(comment.replies)
    return ids
