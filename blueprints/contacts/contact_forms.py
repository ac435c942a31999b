"""Forms about one contact, whose fields are those of its account; and about data fields themselves."""

from typing import Any

from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import StopValidation

from blueprints.fields import Form, Once, PlainText, choices, plain_text, trimmed
from models.contact import Contact, ContactList, DataFieldType
from services.contacts import one, statuses, values
from services.contacts.adding import MAX_MOBILE
from services.contacts.fields import MAX_NAME
from services.language import gettext as _
from services.language import lazy_gettext as _l

_DATA = "data-"
_MAX_VALUE = 2000
#: A longer text gets several lines to be seen in.
_LONG = 80


class _Kept(PlainText):
    """Validator: text that may be left as it was, whatever it was: an import may have brought what nobody types."""

    def __init__(self, now_is: str, maximum: int, type_: str = DataFieldType.TEXT) -> None:
        super().__init__(maximum=maximum, lines=True)
        self.now_is = now_is
        self.type = type_

    def __call__(self, form: Form, field: Field) -> None:
        Once()(form, field)
        if trimmed(field.data) == trimmed(self.now_is):
            field.data = self.now_is
        elif field.data:
            super().__call__(form, field)
            try:
                field.data = values.canonical(self.type, field.data)
            except values.NotOfThisType as refusal:
                raise StopValidation(str(refusal)) from refusal


class ContactForm(Form):
    """``lists`` holds public ids. Made by contact_form()."""

    as_of = HiddenField(validators=[Once()])
    status = SelectField(_l("Status"), [Once()])
    lists = SelectMultipleField(_l("Lists"), validate_choice=False)

    @property
    def data_fields(self) -> list[Field]:
        return [field for field in self if field.name.startswith(_DATA)]

    def offer_statuses(self, now_is: str) -> None:
        self.status.choices = {status: statuses.words(status) for status in statuses.by_hand(now_is)}

    @property
    def wanted(self) -> one.Change:
        """What the form asks for, once it is valid."""
        return one.Change(
            mobile=self["mobile"].data or "",
            status=self.status.data,
            data={field.name.removeprefix(_DATA): field.data or "" for field in self.data_fields},
            lists=self.lists.data or (),
            as_of=self.as_of.data or "",
        )


def contact_form(
    contact: Contact, types: dict[str, str], lists: list[tuple[ContactList, bool]]
) -> ContactForm:
    """For this contact, with its values in it. ``types``: {data field: type}."""
    fields: dict[str, Any] = {
        "mobile": TelField(_l("Mobile number"), [_Kept(contact.mobile, MAX_MOBILE)], filters=[trimmed])
    }
    now_are: dict[str, Any] = {
        "as_of": one.as_of(contact),
        "mobile": contact.mobile,
        "status": contact.status,
    }
    for name, type_ in types.items():
        value = contact.data.get(name, "")
        now_are[_DATA + name] = value if isinstance(value, str) else str(value)
        fields[_DATA + name] = _data_field(name, type_, now_are[_DATA + name])
    form: ContactForm = type("BoundContactForm", (ContactForm,), fields)(
        data={**now_are, "lists": [of.public_id for of, is_on in lists if is_on]}
    )
    form.offer_statuses(contact.status)
    form.lists.choices = {of.public_id: of.name for of, _is_on in lists}
    return form


def _data_field(name: str, type_: str, now_is: str) -> Field:
    checks = [_Kept(now_is, _MAX_VALUE, type_)]
    if type_ == DataFieldType.YES_NO:
        odd = {now_is: now_is} if now_is not in {"", "true", "false"} else {}
        return SelectField(
            name, checks, choices={"": _("Not set"), "true": _("Yes"), "false": _("No"), **odd}
        )
    if type_ == DataFieldType.TEXT and (len(now_is) > _LONG or "\n" in now_is):
        return TextAreaField(name, checks, filters=[trimmed])
    hint: dict[str, str] = {
        DataFieldType.NUMBER: _("A number"),
        DataFieldType.DATE: _("Year-month-day, like 2026-03-31"),
    }
    return StringField(name, checks, filters=[trimmed], description=hint.get(type_, ""))


class FieldForm(Form):
    name = plain_text(_l("Name of the data field"), _l("Enter a name for the data field"), maximum=MAX_NAME)
    type = SelectField(
        _l("Type"), [Once()], choices=choices({value: _l(words) for value, words in values.TYPES.items()})
    )


class SureForm(Form):
    """``sure``: ticked by whoever has read what is lost."""

    sure = BooleanField(_l("Yes, delete the values"))

    def validate_sure(self, field: BooleanField) -> None:
        if not field.data:
            raise StopValidation(_("Tick the box to say that you are sure"))
