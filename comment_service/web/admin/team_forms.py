"""Forms for invitations and for a new person's password."""

from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, EqualTo, Length, ValidationError

from comment_service.storage.tables import MODERATOR, OWNER
from comment_service.web.comments.forms import email_like, visible_name


def required_email(form: object, field: StringField) -> None:
    """Validator: refuse a value that cannot be an e-mail address; it cannot be left empty."""
    try:
        email_like(form, field)
    except ValidationError as refusal:
        words = _l("Enter an e-mail address, such as name@example.org.")
        raise ValidationError(words) from refusal


class InviteForm(FlaskForm):  # type: ignore[misc]
    """Who is invited, with which role, on which site."""

    email = StringField(_l("E-mail"), validators=[DataRequired(), Length(max=320), required_email])
    name = StringField(_l("Name (optional)"), validators=[Length(max=80)])
    role = SelectField(
        _l("Role"),
        choices=[SelectChoice(MODERATOR, _l("moderator")), SelectChoice(OWNER, _l("owner"))],
        default=MODERATOR,
    )
    where = SelectField(_l("Site"))

    @classmethod
    def of(cls, keys: dict[str, str], **more: Any) -> "InviteForm":
        """Return the form with these sites as choices (key → name); "" means every site."""
        form = cls(**more)
        form.where.choices = [SelectChoice(key, name) for key, name in keys.items()]
        return form


class NewPersonForm(FlaskForm):  # type: ignore[misc]
    """Name and password of a new person."""

    name = StringField(validators=[DataRequired(), Length(max=80)], filters=[visible_name])
    password = PasswordField(
        validators=[Length(min=10, max=1000, message=_l("At least 10 characters."))]
    )
    password_again = PasswordField(
        validators=[EqualTo("password", message=_l("The two passwords differ."))]
    )
    RENDERED: ClassVar[tuple[str, ...]] = ("name",)
