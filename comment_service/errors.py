"""The refusals, each with a code for programs and a remedy for people; no HTTP here.

::

    Refusal
    ├── Unacceptable          what was sent cannot be taken as it is
    │   ├── InvalidFields     a field is missing or malformed
    │   ├── StaleForm         the form's token is missing, foreign or too old
    │   ├── TooLarge          the request is larger than a comment can be
    │   └── KeyReused         one idempotency key for two different texts
    ├── NotAllowed            this one may not do this
    │   ├── OriginUnknown     the page's address is not registered for the site
    │   ├── PageClosed        the thread takes no more comments
    │   ├── AccountRequired   guests do not comment on this page
    │   ├── LikesOff          nothing can be liked on this page
    │   ├── ReactionsOff      this emoji cannot be given on this page
    │   ├── NotYours          only its author may change a comment
    │   ├── TooLate           the time in which its author may change it is over
    │   ├── Settled           a moderator's or readers' word stands against changing it
    │   ├── SignInRequired    only someone known may do this
    │   ├── NotProven         a provider did not say who somebody is
    │   └── WrongPassword     the sign-in did not match
    ├── NotThere              what is named does not exist (any more)
    │   ├── SiteUnknown
    │   ├── CommentGone
    │   ├── LinkSpent         a one-time link that was used or is too old
    │   └── ModelUnknown      the site has no such version of a model
    ├── AlreadyDone           the state makes it pointless
    │   ├── AlreadySaid       the same text by the same hand on the same page
    │   ├── DecidedBefore     somebody else decided since the page was opened
    │   ├── EditedBefore      the comment was changed since its form was opened
    │   └── NothingToUndo
    └── TooOften              a rate is exceeded; ``retry_after`` seconds to wait
    SetupError                the owner's configuration cannot work; names the key to change

Every refusal carries ``message`` (what happened and what to do about it). Whoever turns one into an
answer gives back the text that was typed.
"""

from collections.abc import Mapping, Sequence


class SetupError(Exception):
    """The configuration or its surroundings cannot work; the message names the remedy."""


class Refusal(Exception):  # noqa: N818 - "refusal" is the word of the house
    """A request that is not carried out, with the reason and the remedy.

    ``template`` is the sentence as the catalogues have it, with ``%(name)s`` for the ``details``;
    without details it is the sentence itself, whatever stands in it.
    """

    code = "refused"

    def __init__(self, template: str, **details: object) -> None:
        self.template = template
        self.details = details
        self.message = template % details if details and "%(" in template else template
        super().__init__(self.message)

    @property
    def told(self) -> str:
        """All that was wrong, in words: of a form, every sentence about its fields."""
        return self.message


class Unacceptable(Refusal):
    """What was sent cannot be taken as it is."""

    code = "unacceptable"


class InvalidFields(Unacceptable):
    """A field is missing or malformed; ``fields`` maps its name to sentences."""

    code = "invalid_fields"

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        super().__init__("Please correct the marked fields; your text is kept.")
        self.fields = dict(fields)

    @property
    def told(self) -> str:
        """Every sentence about a field, one after another."""
        return " ".join(str(sentence) for about in self.fields.values() for sentence in about)


class StaleForm(Unacceptable):
    """The form's token is missing, foreign or too old."""

    code = "stale_form"


class TooLarge(Unacceptable):
    """The request is larger than a comment can be."""

    code = "too_large"


class KeyReused(Unacceptable):
    """One idempotency key came with two different texts."""

    code = "key_reused"


class NotAllowed(Refusal):
    """This one may not do this."""

    code = "not_allowed"


class OriginUnknown(NotAllowed):
    """The page's address is not registered for the site."""

    code = "origin_unknown"


class PageClosed(NotAllowed):
    """The thread takes no more comments."""

    code = "page_closed"


class AccountRequired(NotAllowed):
    """Guests do not comment on this page."""

    code = "account_required"


class LikesOff(NotAllowed):
    """Nothing can be liked on this page."""

    code = "likes_off"


class ReactionsOff(NotAllowed):
    """This emoji cannot be given on this page."""

    code = "reactions_off"


class NotYours(NotAllowed):
    """Only its author may change a comment."""

    code = "not_yours"


class TooLate(NotAllowed):
    """The time in which its author may change a comment is over."""

    code = "too_late"


class Settled(NotAllowed):
    """A moderator's or readers' word about a comment stands against changing it."""

    code = "settled"


class SignInRequired(NotAllowed):
    """Only someone known may do this."""

    code = "sign_in_required"


class NotProven(NotAllowed):
    """A provider did not say who somebody is."""

    code = "not_proven"


class WrongPassword(NotAllowed):
    """The sign-in did not match; ``retry_after`` is set while the account is locked."""

    code = "wrong_password"


class NotThere(Refusal):
    """What is named does not exist, or not any more."""

    code = "not_there"


class SiteUnknown(NotThere):
    """No site has this key."""

    code = "site_unknown"


class CommentGone(NotThere):
    """The comment is not public (any more)."""

    code = "comment_gone"


class LinkSpent(NotThere):
    """A one-time link that was used or is too old."""

    code = "link_spent"


class ModelUnknown(NotThere):
    """The site has no such version of a model."""

    code = "model_unknown"


class AlreadyDone(Refusal):
    """The state makes the request pointless."""

    code = "already_done"


class AlreadySaid(AlreadyDone):
    """The same text by the same hand on the same page."""

    code = "already_said"


class DecidedBefore(AlreadyDone):
    """Somebody else decided in between; ``details`` hold ``by``, ``at`` and ``status``."""

    code = "decided_before"


class EditedBefore(AlreadyDone):
    """A comment was changed since its form was opened.

    ``details`` hold its ``text`` now, and what to send as ``expected`` to change that.
    """

    code = "edited_before"


class NothingToUndo(AlreadyDone):
    """The decision was taken back before, or a later one stands on it."""

    code = "nothing_to_undo"


class TooOften(Refusal):
    """A rate is exceeded; ``details["retry_after"]`` seconds to wait."""

    code = "too_often"
