"""Forms about contacts. They check shape; the services decide."""

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import Field, SelectField, StringField, TelField

from blueprints.fields import Once, PlainText, PublicId, email_field, plain_text, trimmed
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

    email = email_field(international=True, normalize=True)
    first_name = StringField("First name", [_OptionalText("a name", maximum=_MAX_NAME)], filters=[trimmed])
    last_name = StringField("Last name", [_OptionalText("a name", maximum=_MAX_NAME)], filters=[trimmed])
    mobile = TelField("Mobile number", [_OptionalText("a number", maximum=MAX_MOBILE)], filters=[trimmed])
    list = SelectField("List", [PublicId()], validate_choice=False)


class ListForm(FlaskForm):
    name = plain_text("Name of the list", "a name for the list", maximum=_MAX_LIST_NAME)


class ImportForm(FlaskForm):
    """``list`` holds a list's public id, "" for none."""

    file = FileField("CSV file", [Once(), FileRequired("Choose a CSV file")])
    list = SelectField("Add them to", [PublicId()], validate_choice=False)
