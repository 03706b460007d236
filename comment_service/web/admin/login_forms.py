"""Forms for the staff sign-in and for setting up the first moderator."""

from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, EqualTo, Length, ValidationError

from comment_service.text import addresses
from comment_service.web.comments.forms import email_like, visible_name


class SignInForm(FlaskForm):  # type: ignore[misc]
    """A moderator's e-mail address and password."""

    login = StringField(validators=[DataRequired()])
    password = PasswordField(validators=[DataRequired()])


class SetupForm(FlaskForm):  # type: ignore[misc]
    """The first moderator and the site."""

    name = StringField(validators=[DataRequired(), Length(max=80)], filters=[visible_name])
    email = StringField(validators=[DataRequired(), Length(max=320), email_like])
    password = PasswordField(
        validators=[Length(min=10, max=1000, message=_l("At least 10 characters."))]
    )
    password_again = PasswordField(
        validators=[EqualTo("password", message=_l("The two passwords differ."))]
    )
    site_name = StringField(validators=[DataRequired(), Length(max=200)])
    site_url = StringField(validators=[DataRequired()])

    RENDERED: ClassVar[tuple[str, ...]] = ("name", "email", "site_name", "site_url")

    def validate_site_url(self, field: Any) -> None:
        """Refuse a URL without scheme or host."""
        try:
            addresses.origin(field.data or "")
        except ValueError:
            raise ValidationError(_l("Write the address as https://blog.example.")) from None
