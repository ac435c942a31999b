"""Forms about contacts. They check shape; the services decide."""

from email_validator import EmailNotValidError, validate_email
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import EmailField, Field, SelectField, StringField, TelField, ValidationError
from wtforms.validators import InputRequired

from blueprints.fields import PlainText, plain_text, trimmed
from services.contacts.adding import MAX_MOBILE

_MAX_NAME = 255
_MAX_LIST_NAME = 100


class _OptionalText(PlainText):
    """As PlainText, but it may be left empty."""

    field_flags: dict[str, bool] = {}  # noqa: RUF012  # WTForms looks for it on the class

    def __call__(self, form: FlaskForm, field: Field) -> None:
        if field.data or len(field.raw_data or ()) > 1:
            super().__call__(form, field)


class NewContactForm(FlaskForm):
    """``list`` holds a list's public id, "" for none."""

    email = EmailField("Email address", [InputRequired("Enter an email address")], filters=[trimmed])
    first_name = StringField("First name", [_OptionalText("a name", maximum=_MAX_NAME)], filters=[trimmed])
    last_name = StringField("Last name", [_OptionalText("a name", maximum=_MAX_NAME)], filters=[trimmed])
    mobile = TelField("Mobile number", [_OptionalText("a number", maximum=MAX_MOBILE)], filters=[trimmed])
    list = SelectField("List", validate_choice=False)

    def validate_email(self, field: EmailField) -> None:
        try:
            checked = validate_email(field.data or "", check_deliverability=False)
        except EmailNotValidError:
            raise ValidationError(
                "Enter an email address in the right form, such as name@example.com"
            ) from None
        field.data = checked.normalized


class ListForm(FlaskForm):
    name = plain_text("Name of the list", "a name for the list", maximum=_MAX_LIST_NAME)


class ImportForm(FlaskForm):
    """``list`` holds a list's public id, "" for none."""

    file = FileField("CSV file", [FileRequired("Choose a CSV file")])
    list = SelectField("Add them to", validate_choice=False)
