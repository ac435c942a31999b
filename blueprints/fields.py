"""Text fields that people fill in: trimmed, in one form of Unicode, without control characters, of a known length."""

import re
import unicodedata
from functools import cache
from gettext import translation
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_wtf import FlaskForm
from wtforms import EmailField, Field, PasswordField, StringField, TextAreaField, ValidationError
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its types
from wtforms.i18n import DummyTranslations, messages_path
from wtforms.validators import StopValidation

from models.types import PUBLIC_ID_LENGTH
from services import language
from services.language import gettext as _
from services.language import lazy_gettext as _l

#: RFC 5321, 4.5.3.1.3, without the angle brackets.
_LONGEST_ADDRESS = 254
#: No field takes as much. The work of NFC grows with the square of a run of combining marks.
_LONGEST = 10_000
_PUBLIC_ID = re.compile(rf"[A-Za-z0-9_-]{{{PUBLIC_ID_LENGTH}}}", re.ASCII)


class Form(FlaskForm):
    """Every form here. What WTForms says by itself, it says in the language of the request."""

    class Meta(FlaskForm.Meta):
        def get_translations(self, form: FlaskForm) -> Any:
            return _built_in(language.current())


@cache
def _built_in(code: str) -> Any:
    """English, too, where WTForms does not have the language."""
    if code == language.SOURCE:
        return DummyTranslations()
    return translation("wtforms", messages_path(), [code], fallback=True)


def trimmed(text: str | None) -> str:
    """What was meant: NFC, one kind of line end, nothing around it. What is far too long comes back as it is."""
    if len(text or "") > _LONGEST:
        return text or ""
    return unicodedata.normalize("NFC", text or "").replace("\r\n", "\n").replace("\r", "\n").strip()


class Once:
    """Validator: a field that was sent twice says nothing clear."""

    def __call__(self, form: Form, field: Field) -> None:
        if len(field.raw_data or ()) > 1:
            raise StopValidation(_("%(label)s was sent twice. Enter it once", label=field.label.text))


class PublicId(Once):
    """Validator: the id of something in a list, or "" for none. Whether it is there is asked where it is looked up."""

    def __call__(self, form: Form, field: Field) -> None:
        super().__call__(form, field)
        if field.data and not _PUBLIC_ID.fullmatch(field.data):
            raise StopValidation(_("Choose one from the list"))


class PlainText(Once):
    """Validator: required text of ``minimum`` to ``maximum`` characters, without control characters.

    ``empty``: what to say where there is none, such as "Enter a subject". ``lines``: line breaks and tabs are allowed.
    """

    def __init__(self, empty: str = "", *, maximum: int, minimum: int = 1, lines: bool = False) -> None:
        self.empty = empty
        self.minimum = minimum
        self.maximum = maximum
        self.allowed = "\n\t" if lines else ""

    def __call__(self, form: Form, field: Field) -> None:
        super().__call__(form, field)
        text = field.data or ""
        label = field.label.text
        if not text:
            raise StopValidation(str(self.empty))
        if any(self._forbidden(ch) for ch in text):
            raise ValidationError(
                _("%(label)s has a character that cannot be used here. Type it again", label=label)
            )
        if len(text) < self.minimum:
            raise ValidationError(
                _(
                    "%(label)s is too short. Use at least %(number)s characters",
                    label=label,
                    number=self.minimum,
                )
            )
        if len(text) > self.maximum:
            raise ValidationError(
                _(
                    "%(label)s is too long. Use at most %(number)s characters",
                    label=label,
                    number=self.maximum,
                )
            )

    def _forbidden(self, ch: str) -> bool:
        # Cc: control characters; Cs: halves of a pair, which no database stores; line ends that are not "\n".
        return ch not in self.allowed and (unicodedata.category(ch) in {"Cc", "Cs"} or ch in "\u2028\u2029")


class Address:
    """Validator: an email address in a form that mail can be sent to; whether anybody reads there is not asked.

    ``international``: also with letters beyond ASCII before the "@", which not every mail server takes (RFC 6531).
    ``normalize``: the field then holds the address as contacts are compared by it, with the domain in lower case.
    """

    def __init__(self, *, international: bool = False, normalize: bool = False) -> None:
        self.international = international
        self.normalize = normalize

    def __call__(self, form: Form, field: Field) -> None:
        if field.errors:  # one reason is enough
            return
        try:
            checked = validate_email(
                field.data or "", check_deliverability=False, allow_smtputf8=self.international
            )
        except EmailNotValidError:
            raise ValidationError(
                _("Enter an email address in the correct format, like name@example.com")
            ) from None
        if self.normalize:
            field.data = checked.normalized


def choices(words: dict[str, str]) -> list[Any]:
    """{value: what to read} for a field with choices, where what to read is translated only when it is read."""
    return [SelectChoice(value, label) for value, label in words.items()]


def email_field(empty: str, **options: bool) -> EmailField:
    """One email address, trimmed before it is judged. ``empty``: what to say of none; ``options`` are Address's."""
    checks = [PlainText(empty, maximum=_LONGEST_ADDRESS), Address(**options)]
    return EmailField(_l("Email address"), checks, filters=[trimmed])


def plain_text(label: str, empty: str, *, maximum: int, minimum: int = 1, **options: Any) -> StringField:
    """One line of text, trimmed before it is judged."""
    return StringField(
        label, [PlainText(empty, maximum=maximum, minimum=minimum)], filters=[trimmed], **options
    )


def plain_lines(label: str, empty: str, *, maximum: int, minimum: int = 1, **options: Any) -> TextAreaField:
    """Several lines of text, trimmed before they are judged."""
    return TextAreaField(
        label, [PlainText(empty, maximum=maximum, minimum=minimum, lines=True)], filters=[trimmed], **options
    )


class PasswordTwice(Form):
    """A form with ``password`` and ``password_again``. A difference between the two is told beside the second.

    Each form declares the two itself, so that they stand where they stand on its page.
    """

    password: PasswordField
    password_again: PasswordField

    def validate(self, extra_validators: object = None) -> bool:
        if not super().validate():
            return False
        if self.password.data != self.password_again.data:
            self.password_again.errors = [_("This is not the same password. Enter it again")]
            return False
        return True
