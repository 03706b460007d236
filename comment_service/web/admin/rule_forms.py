"""Forms for a site's rules, blocklist entries and a page's own rules."""

from collections.abc import Mapping
from typing import Any, ClassVar

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

from comment_service.storage.admin.rules import LIMITS, Rules
from comment_service.storage.admin.sites import LIST_KINDS
from comment_service.storage.tables import PENDING, SPAM
from comment_service.text.emoji import MAX_EMOJI, emoji_list

POLICY_CHOICES = [
    SelectChoice("publish", _l("Only what a rule catches")),
    SelectChoice(
        "uncertain", _l("Suspicious comments, and first comments with links (recommended)")
    ),
    SelectChoice("first", _l("Also every first comment")),
    SelectChoice("all", _l("Everything")),
]
LIKERS_CHOICES = [
    SelectChoice("everyone", _l("Everyone")),
    SelectChoice("moderators", _l("Moderators")),
    SelectChoice("nobody", _l("Nobody")),
]
ERASED_CHOICES = [
    SelectChoice("keep", _l("Keep the text, without the name")),
    SelectChoice("remove", _l("Delete the text too")),
]
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "open": {
        "policy": "publish",
        "max_links": 5,
        "known_hours": 0,
        "rate_minute": 10,
        "rate_hour": 100,
        "reports_hold": 6.0,
    },
    "balanced": {},
    "strict": {
        "policy": "first",
        "approved_before": 2,
        "max_links": 1,
        "known_hours": 1,
        "rate_minute": 3,
        "rate_hour": 20,
        "reports_hold": 2.0,
        "edit_minutes": 5,
    },
}
"""Name → the rules that differ from the installation's, of those that a preset sets."""
PRESET_RULES = frozenset({name for rules in PRESETS.values() for name in rules})
KIND_LABELS = {
    "word": _l("words"),
    "link": _l("links"),
    "domain": _l("domains"),
    "email": _l("e-mail addresses"),
}
STATUS_CHOICES = [
    SelectChoice(PENDING, _l("Hold matches for review")),
    SelectChoice(SPAM, _l("Mark matches as spam")),
]
SITE_DEFAULT = SelectChoice("", _l("Site default"))
MAX_LINES = 100_000


def only_emoji(_form: object, field: StringField) -> None:
    """Validator: accept only a short list of single emoji; 0 means none."""
    try:
        emoji_list(field.data or "")
    except ValueError:
        raise ValidationError(
            _l("Up to %(most)d emoji with spaces between them, such as 👍 ❤️ 🎉.", most=MAX_EMOJI)
        ) from None


def _limits(name: str, scale: float = 1, least: float = 0) -> NumberRange:
    low, high = LIMITS[name]
    return NumberRange(scale * max(low, least), scale * high)


def _number(label: Any, name: str) -> IntegerField:
    """Return the field of a number; 0, which means off, is left to a switch."""
    least = 0 if name == "max_links" else 1
    return IntegerField(label, validators=[InputRequired(), _limits(name, least=least)])


class RulesForm(FlaskForm):  # type: ignore[misc]
    """A site's rules; thresholds in per cent. A number with a switch counts only if that is on."""

    guests = BooleanField(_l("People without an account may comment"))
    webmentions = BooleanField(_l("Other websites may comment and like (Webmention)"))
    syndication = BooleanField(
        _l("Show replies to the posts on Mastodon and Bluesky that a page names")
    )
    privacy_notice = BooleanField(_l("Readers must tick that they have read the privacy notice"))
    known_hours_on = BooleanField(_l("Hold comments by people who are new here"))
    known_hours = _number(_l("New for (hours)"), "known_hours")
    close_after_days_on = BooleanField(_l("Close old threads"))
    close_after_days = _number(_l("Days after the first comment"), "close_after_days")

    policy = RadioField(_l("Hold for review"), choices=POLICY_CHOICES)
    approved_before = _number(
        _l("Approved comments before an author is trusted"), "approved_before"
    )
    max_links = _number(_l("Links a comment may have"), "max_links")
    min_seconds = FloatField(
        _l("Minimum writing time (seconds)"), [InputRequired(), _limits("min_seconds")]
    )
    reports_hold_on = BooleanField(_l("Hide what readers report"))
    reports_hold = FloatField(
        _l("Reports needed to hide a comment"),
        [InputRequired(), _limits("reports_hold", least=0.5)],
    )
    thresholds_on = BooleanField(_l("Set the filter's thresholds myself"))
    hold_at = FloatField(_l("Review from (% spam)"), [Optional(), _limits("hold_at", 100)])
    spam_at = FloatField(_l("Spam from (% spam)"), [Optional(), _limits("spam_at", 100)])

    rate_minute = _number(_l("Comments a minute from one author"), "rate_minute")
    rate_hour = _number(_l("Comments an hour from one author"), "rate_hour")
    burst_comments_on = BooleanField(_l("Hold everything during a flood"))
    burst_comments = _number(_l("Comments on one page in ten minutes"), "burst_comments")
    shield_minutes = _number(_l("Hold for (minutes)"), "shield_minutes")

    likes = BooleanField(_l("Comments and pages can be liked"))
    likers = SelectField(_l("Who sees who liked"), choices=LIKERS_CHOICES)
    reactions = StringField(_l("Reactions"), [only_emoji])
    edit_minutes_on = BooleanField(_l("Authors may edit and delete their comments"))
    edit_minutes = _number(_l("For (minutes)"), "edit_minutes")
    erased_comments = SelectField(_l("Comments of deleted accounts"), choices=ERASED_CHOICES)

    SWITCHED: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "known_hours_on": ("known_hours",),
        "close_after_days_on": ("close_after_days",),
        "reports_hold_on": ("reports_hold",),
        "thresholds_on": ("hold_at", "spam_at"),
        "burst_comments_on": ("burst_comments",),
        "edit_minutes_on": ("edit_minutes",),
    }
    """Switch → the numbers that count only if it is on."""

    def validate(self, *arguments: Any, **more: Any) -> bool:
        """Check the fields; a number whose switch is off may be anything."""
        for switch, names in self.SWITCHED.items():
            if not self[switch].data:
                for name in names:
                    self[name].validators, self[name].process_errors = (), []
        return bool(super().validate(*arguments, **more))

    def validate_spam_at(self, field: FloatField) -> None:
        """Refuse a spam threshold below the review threshold."""
        hold_at = self.hold_at.data or 0
        if self.thresholds_on.data and field.data and hold_at and field.data < hold_at:
            raise ValidationError(_l("Not below the review threshold."))

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
            field = self._fields.get(name)
            if field is None or value is None:
                continue
            field.validators = [
                NumberRange(min(limit.min, value), max(limit.max, value))
                if isinstance(limit, NumberRange)
                else limit
                for limit in field.validators
            ]
        return self

    def rules(self) -> dict[str, Any]:
        """Return rule name → submitted value; 0 where a switch is off."""
        values = {
            name: field.data
            for name, field in self._fields.items()
            if name != "csrf_token" and name not in self.SWITCHED
        }
        for switch, names in self.SWITCHED.items():
            if not self[switch].data:
                values.update(dict.fromkeys(names, 0))
        values["reactions"] = emoji_list(values["reactions"] or "")
        return {**values, **{name: (values[name] or 0) / 100 for name in _THRESHOLDS}}


_THRESHOLDS = ("hold_at", "spam_at")
"""Rules that are 0 where the filter chooses; the form shows them in per cent, blank for that."""
_SUGGESTED = {
    "known_hours": 24,
    "close_after_days": 90,
    "reports_hold": 3.0,
    "burst_comments": 30,
    "edit_minutes": 15,
}
"""Numbers that stand beside a switch that is off."""


def _shown(rules: Rules) -> dict[str, Any]:
    """Return field name → value as the form shows it."""
    own = {name: 100 * getattr(rules, name) or None for name in _THRESHOLDS}
    values = {**vars(rules), **own}
    for switch, names in RulesForm.SWITCHED.items():
        values[switch] = any(values[name] for name in names)
    return {**values, **{n: v for n, v in _SUGGESTED.items() if not values[n]}}


class ListForm(FlaskForm):  # type: ignore[misc]
    """Entries for one of a site's blocklists."""

    kind = SelectField(
        _l("List"), choices=[SelectChoice(kind, KIND_LABELS[kind]) for kind in LIST_KINDS]
    )
    status = SelectField(_l("Matches"), choices=STATUS_CHOICES)
    values = TextAreaField(
        _l("One per line"), [DataRequired(message=_l("Write at least one line."))]
    )

    def lines(self) -> list[str]:
        """Return the lines without blank ones and duplicates."""
        found = (line.strip() for line in (self.values.data or "").splitlines())
        return list(dict.fromkeys(line for line in found if line))[:MAX_LINES]


class PageRulesForm(FlaskForm):  # type: ignore[misc]
    """A page's own rules; an empty field follows the site."""

    url = StringField(_l("Address of the page"), [DataRequired()])
    policy = SelectField(_l("Hold for review"), choices=[SITE_DEFAULT, *POLICY_CHOICES])
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
    max_links = IntegerField(_l("Links a comment may have"), [Optional(), _limits("max_links")])
    close_after_days = IntegerField(
        _l("Close after (days)"), [Optional(), _limits("close_after_days")]
    )
    reactions = StringField(_l("Reactions"), [only_emoji])
    edit_minutes = IntegerField(
        _l("Editing time (minutes)"),
        [Optional(), _limits("edit_minutes")],
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
            values["reactions"] = emoji_list(self.reactions.data)
        return values
