"""The refusals, each with a code for programs and a remedy for people; no HTTP here.

::

    Refusal
    ├── Unacceptable          the submitted data is not acceptable
    │   ├── InvalidFields     a field is missing or malformed
    │   ├── StaleForm         the form's token is missing, from elsewhere or expired
    │   ├── TooLarge          the request is larger than a comment can be
    │   ├── IdempotencyKeyReused  one idempotency key was used for two different texts
    │   └── WebmentionRefused a Webmention that no page of ours can take
    ├── NotAllowed            the user may not do this
    │   ├── OriginUnknown     the page's origin is not registered for the site
    │   ├── PageClosed        the thread is closed
    │   ├── AccountRequired   guests cannot comment on this page
    │   ├── LikesDisabled     likes are disabled on this page
    │   ├── ReactionUnavailable   this emoji is not available as a reaction on this page
    │   ├── NotTheAuthor      only its author may change a comment
    │   ├── EditWindowOver    the edit window is over
    │   ├── EditLocked        a moderator's decision or readers' reports prevent the change
    │   ├── SignInRequired    only signed-in users may do this
    │   ├── IdentityNotVerified   a provider did not verify the user's identity
    │   ├── WrongPassword     the credentials are wrong
    │   └── ScopeMissing      a program's key may not do this
    ├── KeyRequired           a program sent no key that is valid
    ├── DoesNotExist          the object does not exist (any more)
    │   ├── SiteUnknown
    │   ├── CommentNotFound
    │   ├── LinkExpired       a one-time link that was used or has expired
    │   └── ModelNotFound     the site has no such version of a model
    ├── AlreadyDone           the current state makes the request pointless
    │   ├── DuplicateComment  the same author has posted the same text on the same page
    │   ├── DecisionConflict  another moderator decided since the page was opened
    │   ├── EditConflict      the comment was changed since its form was opened
    │   └── NothingToUndo
    └── RateLimited           a rate limit is exceeded; retry after ``retry_after`` seconds
    SetupError                the owner's configuration cannot work; names the key to change

Every refusal has a ``message`` (what happened and what to do). Code that turns a refusal into a
response must return the text that was typed.
"""

from collections.abc import Mapping, Sequence


class SetupError(Exception):
    """The configuration or its environment cannot work; the message names the remedy."""


class Refusal(Exception):  # noqa: N818 - a refusal is an expected result
    """A request that is not carried out, with the reason and the remedy.

    ``template`` is the untranslated sentence, with ``%(name)s`` for the ``details``; without
    details it is used literally.
    """

    code = "refused"

    def __init__(self, template: str, **details: object) -> None:
        self.template = template
        self.details = details
        self.message = template % details if details and "%(" in template else template
        super().__init__(self.message)

    @property
    def full_message(self) -> str:
        """Return the full message; for a form, all sentences about its fields."""
        return self.message


class Unacceptable(Refusal):
    """The submitted data is not acceptable."""

    code = "unacceptable"


class InvalidFields(Unacceptable):
    """A field is missing or malformed; ``fields`` maps each field's name to sentences."""

    code = "invalid_fields"

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        super().__init__("Please correct the marked fields; your text is kept.")
        self.fields = dict(fields)

    @property
    def full_message(self) -> str:
        """Return all sentences about all fields, joined."""
        return " ".join(str(sentence) for about in self.fields.values() for sentence in about)


class StaleForm(Unacceptable):
    """The form's token is missing, from elsewhere or expired."""

    code = "stale_form"


class TooLarge(Unacceptable):
    """The request is larger than a comment can be."""

    code = "too_large"


class IdempotencyKeyReused(Unacceptable):
    """One idempotency key was used for two different texts."""

    code = "key_reused"


class WebmentionRefused(Unacceptable):
    """A Webmention that no page of ours can take."""

    code = "webmention_refused"


class NotAllowed(Refusal):
    """The user may not do this."""

    code = "not_allowed"


class OriginUnknown(NotAllowed):
    """The page's origin is not registered for the site.

    ``site_id`` and ``page_url`` say which page asked for comments, if one did.
    """

    code = "origin_unknown"

    def __init__(
        self, template: str, *, site_id: int = 0, page_url: str = "", **details: object
    ) -> None:
        super().__init__(template, **details)
        self.site_id, self.page_url = site_id, page_url


class PageClosed(NotAllowed):
    """The thread is closed."""

    code = "page_closed"


class AccountRequired(NotAllowed):
    """Guests cannot comment on this page."""

    code = "account_required"


class LikesDisabled(NotAllowed):
    """Likes are disabled on this page."""

    code = "likes_off"


class ReactionUnavailable(NotAllowed):
    """This emoji is not available as a reaction on this page."""

    code = "reactions_off"


class NotTheAuthor(NotAllowed):
    """Only its author may change a comment."""

    code = "not_yours"


class EditWindowOver(NotAllowed):
    """The edit window is over."""

    code = "too_late"


class EditLocked(NotAllowed):
    """A moderator's decision or readers' reports prevent changes to a comment."""

    code = "settled"


class SignInRequired(NotAllowed):
    """Only signed-in users may do this."""

    code = "sign_in_required"


class IdentityNotVerified(NotAllowed):
    """A provider did not verify the user's identity."""

    code = "not_proven"


class WrongPassword(NotAllowed):
    """The credentials are wrong, or there were too many wrong ones."""

    code = "wrong_password"


class ScopeMissing(NotAllowed):
    """A program's key may not do this."""

    code = "scope_missing"


class KeyRequired(Refusal):
    """A program sent no key, or one that is unknown or revoked."""

    code = "key_required"


class DoesNotExist(Refusal):
    """The object does not exist, or not any more."""

    code = "not_there"


class SiteUnknown(DoesNotExist):
    """No site has this key."""

    code = "site_unknown"


class CommentNotFound(DoesNotExist):
    """The comment is not published (any more)."""

    code = "comment_gone"


class LinkExpired(DoesNotExist):
    """A one-time link was used or has expired."""

    code = "link_spent"


class ModelNotFound(DoesNotExist):
    """The site has no such version of a model."""

    code = "model_unknown"


class AlreadyDone(Refusal):
    """The current state makes the request pointless."""

    code = "already_done"


class DuplicateComment(AlreadyDone):
    """The same author has posted the same text on the same page."""

    code = "already_said"


class DecisionConflict(AlreadyDone):
    """Another moderator decided meanwhile; ``details`` hold ``by``, ``at`` and ``status``."""

    code = "decided_before"


class EditConflict(AlreadyDone):
    """The comment was changed since its form was opened.

    ``details`` hold its current ``text``, and the value to send as ``expected`` to edit that one.
    """

    code = "edited_before"


class NothingToUndo(AlreadyDone):
    """The decision is already undone, or a later decision builds on it."""

    code = "nothing_to_undo"


class ServerBusy(Refusal):
    """Too many people write at this moment."""

    code = "busy"


class FilterUnavailable(Refusal):
    """The spam filter has no model that works."""

    code = "filter_unavailable"


class RateLimited(Refusal):
    """A rate limit is exceeded; retry after ``details["retry_after"]`` seconds."""

    code = "too_often"
