"""Forms about contacts. They check shape; the services decide."""

from flask_wtf.file import FileField, FileRequired
from wtforms import Field, SelectField, StringField, TelField

from blueprints.fields import Form, Once, PlainText, PublicId, email_field, plain_text, trimmed
from services.contacts.adding import MAX_MOBILE
from services.language import lazy_gettext as _l

_MAX_NAME = 255
_MAX_LIST_NAME = 100


class _OptionalText(PlainText):
    """As PlainText, but it may be left empty."""

    field_flags: dict[str, bool] = {}  # noqa: RUF012  # WTForms looks for it on the class

    def __call__(self, form: Form, field: Field) -> None:
        if field.data or len(field.raw_data or ()) > 1:
            super().__call__(form, field)


class NewContactForm(Form):
    """``list`` holds a list's public id, "" for none."""

    email = email_field(_l("Enter an email address"), international=True, normalize=True)
    first_name = StringField(_l("First name"), [_OptionalText(maximum=_MAX_NAME)], filters=[trimmed])
    last_name = StringField(_l("Last name"), [_OptionalText(maximum=_MAX_NAME)], filters=[trimmed])
    mobile = TelField(_l("Mobile number"), [_OptionalText(maximum=MAX_MOBILE)], filters=[trimmed])
    list = SelectField(_l("List"), [PublicId()], validate_choice=False)


class ListForm(Form):
    name = plain_text(_l("Name of the list"), _l("Enter a name for the list"), maximum=_MAX_LIST_NAME)


class ImportForm(Form):
    """``list`` holds a list's public id, "" for none."""

    file = FileField(_l("CSV file"), [Once(), FileRequired(_l("Choose a CSV file"))])
    list = SelectField(_l("Add them to"), [PublicId()], validate_choice=False)
