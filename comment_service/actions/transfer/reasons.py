"""Why a comment of an export is not added, or is added in another way; for people."""

from collections.abc import Mapping

from comment_service.text.sentences import staff_sentence
from comment_service.transfer.recognise import FORMATS
from comment_service.transfer.records import Format

LEFT_OUT: Mapping[str, str] = {
    "here_already": staff_sentence("imported before"),
    "other_comment": staff_sentence(
        "another comment was imported under this id; import from a second blog with --source"
    ),
    "changed_there": staff_sentence(
        "imported before and changed at the source since; the earlier text is kept"
    ),
    "deleted_here": staff_sentence("imported before and deleted here since"),
    "no_page": staff_sentence("the file names no usable address for its page"),
    "deleted": staff_sentence("deleted at the source, without replies"),
    "repeated": staff_sentence("in the file twice"),
    "not_sent": staff_sentence("counted by WordPress but not sent: the user may not read it"),
    "no_id": staff_sentence("has neither an id nor a text in the file"),
    "empty": staff_sentence("has no text"),
    "pingback": staff_sentence("pingback, not a comment"),
    "trackback": staff_sentence("trackback, not a comment"),
    "order_note": staff_sentence("note on a shop order, not a comment"),
    "webhook_delivery": staff_sentence("log entry of a plugin, not a comment"),
    "action_log": staff_sentence("log entry of a plugin, not a comment"),
    "note": staff_sentence("note of editors to each other, not a comment"),
    "minimized": staff_sentence("hidden on GitHub"),
}
"""Reason → why it is not added."""

NOTES: Mapping[str, str] = {
    "id_used_twice": staff_sentence(
        "id used by two different comments of the file; both are added"
    ),
    "date_unknown": staff_sentence(
        "no readable date, or one in the future; the date of the comment before it in the file is"
        " used"
    ),
    "parent_loop": staff_sentence("replies that answer each other; placed at the top"),
    "parent_missing": staff_sentence(
        "the comment it answers is not in the file; placed at the top"
    ),
    "parent_elsewhere": staff_sentence(
        "the comment it answers is on another page; placed at the top"
    ),
    "no_text": staff_sentence("no text that can be shown; kept as deleted"),
    "staff_name": staff_sentence(
        "public under the name of a moderator, a role or the site; stays public"
    ),
    "page_not_public": staff_sentence(
        "on a post that is not public (private, a draft or with a password); waits in the queue"
    ),
    "text_shortened": staff_sentence("longer than 200,000 characters; cut"),
}
"""Note → what is different about a comment that is added."""


def formats() -> Mapping[str, Format]:
    """Return name → format, for pages."""
    return FORMATS


def sentence(reason: str) -> str:
    """Return the sentence of a reason or note."""
    return LEFT_OUT.get(reason) or NOTES.get(reason) or reason.replace("_", " ")
