"""Forms of the settings. They check shape and read numbers; the services decide."""

from typing import Any

from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from wtforms import BooleanField, Field, PasswordField, SelectField, SubmitField, TelField, TextAreaField
from wtforms.validators import InputRequired, StopValidation

from blueprints.fields import Form, Once, PasswordTwice, email_field, plain_text, trimmed
from models.account import Account
from models.user import User
from services import account_save, language, mobile_numbers, places
from services.accounts import CompanyData
from services.language import gettext as _
from services.language import lazy_gettext as _l
from services.numbers import MobileNumber, NumberRefused, parse_mobile

NUMBER_HINT = _l("For a number from another country, begin with + and the country code.")


class OneOf:
    """Validator: one of the choices of the list. ``otherwise``: what to say to anything else."""

    def __init__(self, otherwise: str) -> None:
        self.otherwise = otherwise

    def __call__(self, form: Form, field: Field) -> None:
        Once()(form, field)
        if field.data not in {choice[0] for choice in getattr(field, "choices", ())}:
            raise StopValidation(str(self.otherwise))


class Tick(BooleanField):
    """A box. Only a clear yes is one: turning something on must not come from a stray word."""

    false_values = (False, "", "false", "0", "off", "no", "n")


def number_field(label: str = _l("Mobile number")) -> TelField:
    return TelField(label, [Once()], filters=[trimmed], description=NUMBER_HINT)


def password_once_more() -> PasswordField:
    """For changes that services/reauthentication.py guards. Empty where it is not asked for."""
    return PasswordField(_l("Current password"), [Once()])


class _WithNumber(Form):
    mobile_number: TelField  # of the form itself: errors are listed in the order in which fields are made
    current_password: PasswordField

    def read_number(self, user: User | None, region: str) -> MobileNumber | None:
        """What was typed for ``user`` (None: a new one); None for an empty field. A refused one is an error there."""
        typed = self.mobile_number.data or ""
        if not typed or self.mobile_number.errors:
            return None
        try:
            if user is None:
                return parse_mobile(typed, region)
            return mobile_numbers.read(typed, user, region)
        except NumberRefused as refused:
            self.mobile_number.errors = [str(refused)]
            return None


class AccountForm(_WithNumber):
    company_name = plain_text(_l("Company name"), _l("Enter the company name"), maximum=100)
    region = SelectField(_l("Country"), [OneOf(_l("Choose a country from the list"))], validate_choice=False)
    time_zone = SelectField(
        _l("Time zone"), [OneOf(_l("Choose a time zone from the list"))], validate_choice=False
    )
    two_factor_enabled = Tick(_l("Two-factor authentication"), [Once()])
    mobile_number = number_field()
    current_password = password_once_more()

    def __init__(self, account: Account, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.region.choices = list(places.countries().items())
        self.time_zone.choices = list((places.time_zones() | {account.time_zone: account.time_zone}).items())

    @classmethod
    def shown(cls, account: Account, owner: User) -> "AccountForm":
        """As it stands in the database."""
        return cls(
            account,
            formdata=None,
            data={
                "company_name": account.name,
                "region": account.region,
                "time_zone": account.time_zone,
                "two_factor_enabled": account.two_factor_on,
                "mobile_number": mobile_numbers.shown(owner),
            },
        )

    @classmethod
    def posted(cls, account: Account, owner: User) -> "AccountForm":
        """As it was sent; a time zone or a number that was not sent at all stays as it is."""
        return cls(
            account, data={"time_zone": account.time_zone, "mobile_number": mobile_numbers.shown(owner)}
        )

    @classmethod
    def kept(cls, account: Account, fields: dict[str, list[str]]) -> "AccountForm":
        """As it was typed before something came between."""
        return cls(account, formdata=multi_dict(fields))

    def wanted(self, owner: User) -> account_save.Wanted | None:
        """What the form asks for; None when something in it is wrong, with a message at each field."""
        valid = self.validate()
        number = self.read_number(owner, self.region.data if not self.region.errors else "ZZ")
        if not valid or self.mobile_number.errors:
            return None
        return account_save.Wanted(self._company(), number, bool(self.two_factor_enabled.data))

    def _company(self) -> CompanyData:
        return CompanyData(self.company_name.data or "", self.region.data, self.time_zone.data)

    def to_keep(self) -> dict[str, list[str]]:
        """The fields as text, for a save that waits for a code."""
        fields = {
            "company_name": [self.company_name.data or ""],
            "region": [self.region.data],
            "time_zone": [self.time_zone.data],
            "mobile_number": [self.mobile_number.data or ""],
        }
        if self.two_factor_enabled.data:
            fields["two_factor_enabled"] = ["y"]
        return fields


def wanted_of_kept(fields: dict[str, list[str]], number: MobileNumber) -> account_save.Wanted | None:
    """The same from kept fields, which were found right when they were kept; None when they cannot be read."""
    try:
        company = CompanyData(*(fields[name][0] for name in ("company_name", "region", "time_zone")))
    except (KeyError, IndexError):
        return None
    return account_save.Wanted(company, number, "two_factor_enabled" in fields)


def multi_dict(fields: dict[str, list[str]]) -> ImmutableMultiDict[str, str]:
    return ImmutableMultiDict(
        MultiDict([(name, value) for name, values in fields.items() for value in values])
    )


# --- the numbers window


def number_name(user: User) -> str:
    return f"mobile_number-{user.public_id}"


def numbers_form(users: list[User], formdata: Any = None) -> Form:
    """One field for each of ``users``, named by the public id; whatever else is sent is not looked at.

    A row that was not sent shows the number on record. ``formdata`` None: nothing was sent.
    """
    fields: dict[str, Any] = {number_name(user): number_field() for user in users}
    form_class = type("NumbersForm", (Form,), fields)
    data = {number_name(user): mobile_numbers.shown(user) for user in users}
    form: Form = form_class(formdata=formdata, data=data)
    return form


class PastedList(Form):
    """The list beside the rows, and the button that fills them from it."""

    pasted_list = TextAreaField(_l("List from a spreadsheet"), [Once()])
    fill = SubmitField(_l("Fill in the rows"))

    @property
    def is_sent(self) -> bool:
        """Also when the other button was pressed: a list that is left in the field is meant to be read."""
        return bool(self.fill.data or (self.pasted_list.data or "").strip())


# --- people


class UserForm(_WithNumber):
    name = plain_text(_l("Name"), _l("Enter the name"), maximum=100)
    email = email_field(_l("Enter an email address"))
    mobile_number = number_field()
    can_export = Tick(_l("May export contacts"), [Once()])
    current_password = password_once_more()


class ProfileForm(_WithNumber):
    """``language`` holds a code, "" for that of the browser."""

    name = plain_text(_l("Name"), _l("Enter your name"), maximum=100)
    mobile_number = number_field()
    language = SelectField(
        _l("Language"), [OneOf(_l("Choose a language from the list"))], validate_choice=False
    )
    current_password = password_once_more()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(code, name, {"lang": code}) for code, name in language.LANGUAGES.items()]
        self.language.choices = [("", _("As my browser says")), *named]

    def to_keep(self) -> dict[str, list[str]]:
        return {
            "name": [self.name.data or ""],
            "mobile_number": [self.mobile_number.data or ""],
            "language": [self.language.data or ""],
        }


class PasswordForm(PasswordTwice):
    current_password = PasswordField(
        _l("Current password"), [InputRequired(_l("Enter your current password")), Once()]
    )
    password = PasswordField(_l("New password"), [InputRequired(_l("Enter a new password")), Once()])
    password_again = PasswordField(
        _l("New password again"), [InputRequired(_l("Enter the new password again")), Once()]
    )
