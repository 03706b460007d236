"""Forms for comments, likes and reactions; each one reads HTML forms and JSON alike.

They carry a signed token instead of a CSRF token: they are sent from other websites, where our
cookies identify nobody. The moderation forms use Flask-WTF's CSRF protection.
"""

import re

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, StringField, TextAreaField
from wtforms.validators import (
    AnyOf,
    DataRequired,
    Length,
    NumberRange,
    Optional,
    Regexp,
    ValidationError,
)

from comment_service.actions.comments.request_subscription import subscriptions_available
from comment_service.actions.comments.submit import Draft
from comment_service.errors import InvalidFields, StaleForm
from comment_service.identity import Viewer
from comment_service.storage.admin import rules
from comment_service.storage.readers.subscriptions import KINDS
from comment_service.storage.tables.base import MAX_ID
from comment_service.text import markdown
from comment_service.text.names import MAX_NAME, clean_mailbox, clean_name, clean_website
from comment_service.text.visible import renders_visibly
from comment_service.web.http.context import language, runtime
from comment_service.web.http.place import PageRef, is_sent_by_page

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
EMAIL_REQUIRED = _l("To be notified, enter an e-mail address like name@example.org.")
_KEY = r"^[A-Za-z0-9_-]{16,64}$"


def email_like(_form: object, field: StringField) -> None:
    """Validator: refuse a value that cannot be an e-mail address."""
    if field.data and not _EMAIL.fullmatch(field.data):
        raise ValidationError(_l("Enter an address like name@example.org, or leave it empty."))


def unix_line_ends(text: str | None) -> str | None:
    """Filter: make a line break one character, as readers count it; HTML forms send CR and LF."""
    return text and text.replace("\r\n", "\n")


def visible_name(name: str | None) -> str | None:
    """Filter: clean a name; one without a visible character becomes empty."""
    return name and clean_name(name)


class TextForm(FlaskForm):  # type: ignore[misc]
    """The text of a comment, new or edited."""

    class Meta:
        """Without CSRF protection: the view checks the signed token."""

        csrf = False

    token = StringField("")
    text = TextAreaField(
        "",
        validators=[DataRequired(message=_l("Write a comment first."))],
        filters=[unix_line_ends],
    )
    subject = StringField("")

    def validate_text(self, field: StringField) -> None:
        """Refuse a text without visible characters, or one that is too long."""
        if not renders_visibly(field.data or ""):
            raise ValidationError(_l("Write a comment first."))
        limit = runtime().settings.max_length
        if len(field.data or "") > limit:
            over = len(field.data) - limit
            raise ValidationError(
                _l("At most %(limit)d characters; this has %(over)d more.", limit=limit, over=over)
            )


class PreviewForm(TextForm):
    """A text to preview."""

    def checked_text(self) -> str:
        """Validate the form and return the text.

        Raises:
            InvalidFields: the text is empty or too long.
        """
        self.validate()
        if problems := self.errors.get("text"):
            raise InvalidFields({"text": [str(error) for error in problems]})
        return str(self.text.data)


class CommentForm(TextForm):
    """A new comment."""

    key = StringField("", validators=[Regexp(_KEY)])
    name = StringField("")
    email = StringField("", validators=[Length(max=320), email_like])
    website = StringField("", validators=[Length(max=2000)])
    parent = IntegerField("", validators=[Optional(), NumberRange(1, MAX_ID)])
    notify = StringField("", validators=[Optional(), AnyOf(KINDS)])
    privacy = StringField("")

    def validate_website(self, field: StringField) -> None:
        """Refuse a value that cannot be a web address."""
        if field.data and not clean_website(field.data):
            raise ValidationError(
                _l("Enter an address like https://example.org, or leave it empty.")
            )

    def draft(self, at: PageRef, viewer: Viewer, seconds: float | None) -> Draft:
        """Validate the form and return the draft.

        Raises:
            InvalidFields: with the errors of each field.
            StaleForm: a hidden field is missing or was altered.
        """
        problems = {} if self.validate() else dict(self.errors)
        if "key" in problems or "parent" in problems:  # hidden fields: the user cannot correct them
            raise StaleForm("The form was incomplete. Your text is kept: please send it again.")
        name = clean_name(self.name.data or "") if viewer.is_guest else viewer.name
        email = (self.email.data or "").strip() if viewer.is_guest else viewer.email
        notify = (self.notify.data or "") if subscriptions_available(runtime()) else ""
        if not 0 < len(name) <= MAX_NAME:
            problems["name"] = [_l("Enter a name of up to 80 characters.")]
        if notify and not clean_mailbox(email):
            problems["email" if viewer.is_guest else "notify"] = [EMAIL_REQUIRED]
        asked = rules.of_site(runtime().settings, at.site).privacy_notice
        if asked and self.privacy.data != "1":
            problems["privacy"] = [_l("Please tick that you have read the privacy notice.")]
        if problems:
            raise InvalidFields({k: [str(s) for s in v] for k, v in problems.items()})
        return Draft(
            page_url=at.url,
            page_title=at.title,
            title_is_own=is_sent_by_page(at),
            text=markdown.normalize_source(self.text.data),
            key=self.key.data,
            name=name,
            email=email,
            url=clean_website(self.website.data or "") if viewer.is_guest else viewer.url,
            parent_id=self.parent.data,
            honeypot=self.subject.data or "",
            seconds=seconds,
            lang=language()[0],
            notify=notify,
            privacy_confirmed=asked,
        )


class LikeForm(FlaskForm):  # type: ignore[misc]
    """A like given or withdrawn: of a comment, or of the page if no comment is named."""

    class Meta:
        """Without CSRF protection: sent from other websites."""

        csrf = False

    comment = IntegerField("", validators=[Optional(), NumberRange(1, MAX_ID)])
    liked = StringField("", validators=[AnyOf(("0", "1", "toggle"))])

    def parsed(self) -> tuple[int | None, bool | None]:
        """Return the comment's id (None for the page) and the new state (None to toggle).

        Raises:
            InvalidFields: a field has an invalid value.
        """
        if not self.validate():
            raise InvalidFields({k: [str(s) for s in v] for k, v in self.errors.items()})
        state = None if self.liked.data == "toggle" else self.liked.data == "1"
        return self.comment.data, state


class ReactionForm(FlaskForm):  # type: ignore[misc]
    """A reaction given or withdrawn; one field holds comment id and emoji, as one button sends."""

    class Meta:
        """Without CSRF protection: sent from other websites."""

        csrf = False

    reaction = StringField("", validators=[Regexp(r"^[1-9][0-9]{0,18} \S{1,16}$")])
    given = StringField("", validators=[AnyOf(("0", "1", "toggle"))])

    def parsed(self) -> tuple[int, str, bool | None]:
        """Return the comment's id, the emoji and the new state (None to toggle).

        Raises:
            InvalidFields: a field has an invalid value.
        """
        if not self.validate():
            raise InvalidFields({k: [str(s) for s in v] for k, v in self.errors.items()})
        number, _space, emoji = self.reaction.data.partition(" ")
        state = None if self.given.data == "toggle" else self.given.data == "1"
        return min(int(number), MAX_ID), emoji, state
