"""Forms for a site's rules, blocklist entries and a page's own rules."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FloatField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, NumberRange, Optional, ValidationError

from comment_service.actions.comments.flood import MAX_HOLD_MINUTES
from comment_service.storage.admin.rules import Rules
from comment_service.storage.admin.sites import LIST_KINDS
from comment_service.storage.tables import PENDING, SPAM
from comment_service.text.emoji import is_emoji

POLICY_CHOICES = [
    SelectChoice("publish", _l("Nothing but what a rule below holds")),
    SelectChoice("uncertain", _l("What the filter doubts, and first comments with a link")),
    SelectChoice("first", _l("Also everyone's first comments")),
    SelectChoice("all", _l("Everything")),
]
LIKERS_CHOICES = [
    SelectChoice("everyone", _l("everyone")),
    SelectChoice("moderators", _l("moderators")),
    SelectChoice("nobody", _l("nobody")),
]
ERASED_CHOICES = [
    SelectChoice("keep", _l("stays, under a name that is nobody's")),
    SelectChoice("remove", _l("is erased too")),
]
KIND_LABELS = {
    "word": _l("words"),
    "link": _l("links"),
    "domain": _l("domains"),
    "email": _l("e-mail addresses"),
}
STATUS_CHOICES = [SelectChoice(PENDING, _l("hold")), SelectChoice(SPAM, _l("file as spam"))]
SITE_DEFAULT = SelectChoice("", _l("as on the site"))
MAX_LINES = 100_000
MAX_EDIT_MINUTES = 24 * 60
MAX_EMOJI = 8


def emoji_list(_form: object, field: StringField) -> None:
    """Validator: accept only a short list of single emoji; 0 means none."""
    symbols = normalize_emoji(field.data).split()
    if len(symbols) > MAX_EMOJI or not all(is_emoji(symbol) for symbol in symbols):
        raise ValidationError(
            _l("Up to %(most)d emoji with spaces between them, such as 👍 ❤️ 🎉.", most=MAX_EMOJI)
        )


def normalize_emoji(typed: str | None) -> str:
    """Return emoji as stored: without duplicates, separated by one space; "" for 0."""
    cleaned = " ".join(dict.fromkeys((typed or "").split()))
    return "" if cleaned == "0" else cleaned


def _number(label: Any, low: float, high: float) -> IntegerField:
    return IntegerField(label, validators=[InputRequired(), NumberRange(low, high)])


class RulesForm(FlaskForm):  # type: ignore[misc]
    """A site's rules; thresholds in per cent, 0 for the model's own."""

    policy = RadioField(choices=POLICY_CHOICES)
    approved_before = _number(_l("Approved comments that let an author by"), 1, 20)
    hold_at = FloatField(
        _l("Hold from this probability, in per cent"), [InputRequired(), NumberRange(0, 100)]
    )
    spam_at = FloatField(
        _l("File as spam from, in per cent"), [InputRequired(), NumberRange(0, 100)]
    )
    max_links = _number(_l("Links a comment may have"), 0, 100)
    min_seconds = FloatField(
        _l("Seconds a form must have been open"), [InputRequired(), NumberRange(0, 600)]
    )
    known_hours = _number(_l("Hours an author must be known here"), 0, 24 * 365)
    rate_minute = _number(_l("Comments a minute from one author"), 1, 1000)
    rate_hour = _number(_l("Comments an hour from one author"), 1, 10_000)
    close_after_days = _number(_l("Close a page this many days after its first comment"), 0, 36_500)
    guests = BooleanField(_l("People without an account may comment"))
    likes = BooleanField(_l("Comments and pages can be liked"))
    likers = SelectField(_l("Who may see who liked"), choices=LIKERS_CHOICES)
    erased_comments = SelectField(
        _l("What somebody wrote who has themselves erased"), choices=ERASED_CHOICES
    )
    burst_comments = _number(_l("Comments on one page in ten minutes that are a flood"), 0, 10_000)
    shield_minutes = _number(_l("Minutes on hold after a flood"), 1, MAX_HOLD_MINUTES)
    reports_hold = FloatField(
        _l("Reports by readers from which a comment waits again"),
        [InputRequired(), NumberRange(0, 1000)],
    )
    reactions = StringField(_l("Emoji that comments can be given"), [emoji_list])
    edit_minutes = _number(_l("Minutes in which authors can edit and delete"), 0, MAX_EDIT_MINUTES)

    def validate_spam_at(self, field: FloatField) -> None:
        """Refuse a spam threshold below the review threshold."""
        hold_at = self.hold_at.data or 0
        if field.data and hold_at and field.data < hold_at:
            raise ValidationError(_l("Not below the probability from which a comment is held."))

    def validate_rate_hour(self, field: IntegerField) -> None:
        """Refuse an hourly limit below the limit per minute."""
        if field.data is not None and field.data < (self.rate_minute.data or 0):
            raise ValidationError(_l("Not fewer than in a minute."))

    @classmethod
    def of(cls, rules: Rules) -> "RulesForm":
        """Return the form filled with rules."""
        return cls(formdata=None, data=_shown(rules)).allowing(rules)

    def allowing(self, rules: Rules) -> "RulesForm":
        """Widen the limits of the fields to the current rules.

        The configuration may set what this page does not offer, and a page that shows a value must
        be able to save it.
        """
        for name, value in _shown(rules).items():
            field = self._fields[name]
            field.validators = [
                NumberRange(min(limit.min, value), max(limit.max, value))
                if isinstance(limit, NumberRange)
                else limit
                for limit in field.validators
            ]
        return self

    def rules(self) -> dict[str, Any]:
        """Return rule name → submitted value."""
        values = {name: field.data for name, field in self._fields.items() if name != "csrf_token"}
        values["reactions"] = normalize_emoji(values["reactions"])
        return {**values, "hold_at": values["hold_at"] / 100, "spam_at": values["spam_at"] / 100}


def _shown(rules: Rules) -> dict[str, Any]:
    """Return rule name → value as the form shows it."""
    return {**vars(rules), "hold_at": 100 * rules.hold_at, "spam_at": 100 * rules.spam_at}


class ListForm(FlaskForm):  # type: ignore[misc]
    """Entries for one of a site's blocklists."""

    kind = SelectField(
        _l("List"), choices=[SelectChoice(kind, KIND_LABELS[kind]) for kind in LIST_KINDS]
    )
    status = SelectField(_l("What matches"), choices=STATUS_CHOICES)
    values = TextAreaField(_l("One a line"), [DataRequired(message=_l("Write at least one line."))])

    def lines(self) -> list[str]:
        """Return the lines without blank ones and duplicates."""
        found = (line.strip() for line in (self.values.data or "").splitlines())
        return list(dict.fromkeys(line for line in found if line))[:MAX_LINES]


class PageRulesForm(FlaskForm):  # type: ignore[misc]
    """A page's own rules; an empty field follows the site."""

    url = StringField(_l("Address of the page"), [DataRequired()])
    policy = SelectField(_l("What waits for you"), choices=[SITE_DEFAULT, *POLICY_CHOICES])
    guests = SelectField(
        _l("People without an account"),
        choices=[
            SITE_DEFAULT,
            SelectChoice("yes", _l("may comment")),
            SelectChoice("no", _l("may not")),
        ],
    )
    likes = SelectField(
        _l("Likes"),
        choices=[
            SITE_DEFAULT,
            SelectChoice("yes", _l("can be given")),
            SelectChoice("no", _l("cannot")),
        ],
    )
    max_links = IntegerField(_l("Links a comment may have"), [Optional(), NumberRange(0, 100)])
    close_after_days = IntegerField(
        _l("Close this many days after the first comment"), [Optional(), NumberRange(0, 36_500)]
    )
    reactions = StringField(_l("Emoji that comments can be given"), [emoji_list])
    edit_minutes = IntegerField(
        _l("Minutes in which authors can edit and delete"),
        [Optional(), NumberRange(0, MAX_EDIT_MINUTES)],
    )

    def rules(self) -> dict[str, Any]:
        """Return rule name → submitted value, without fields that follow the site."""
        values: dict[str, Any] = {}
        if self.policy.data:
            values["policy"] = self.policy.data
        for name in ("guests", "likes"):
            if self[name].data:
                values[name] = self[name].data == "yes"
        for name in ("max_links", "close_after_days", "edit_minutes"):
            if self[name].data is not None:
                values[name] = self[name].data
        if self.reactions.data:
            values["reactions"] = normalize_emoji(self.reactions.data)
        return values
