"""Text fields that people fill in: trimmed, in one form of Unicode, without control characters, of a known length."""

import unicodedata
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, StringField, TextAreaField, ValidationError
from wtforms.validators import StopValidation

#: No field takes as much. The work of NFC grows with the square of a run of combining marks.
_LONGEST = 10_000


def trimmed(text: str | None) -> str:
    """What was meant: NFC, one kind of line end, nothing around it. What is far too long comes back as it is."""
    if len(text or "") > _LONGEST:
        return text or ""
    return unicodedata.normalize("NFC", text or "").replace("\r\n", "\n").replace("\r", "\n").strip()


class PlainText:
    """Validator: required text of ``minimum`` to ``maximum`` characters, without control characters.

    ``what`` completes the messages: ``PlainText("a subject", maximum=150)`` says "Enter a subject". ``lines``: line
    breaks and tabs are allowed.
    """

    def __init__(self, what: str, *, maximum: int, minimum: int = 1, lines: bool = False) -> None:
        self.what = what
        self.minimum = minimum
        self.maximum = maximum
        self.allowed = "\n\t" if lines else ""

    def __call__(self, form: FlaskForm, field: Field) -> None:
        text = field.data or ""
        name = field.label.text
        if len(field.raw_data or ()) > 1:
            raise StopValidation(f"{name} was sent twice. Enter it once")
        if not text:
            raise StopValidation(f"Enter {self.what}")
        if any(self._forbidden(ch) for ch in text):
            raise ValidationError(f"{name} has a character that cannot be used here. Type it again")
        if len(text) < self.minimum:
            raise ValidationError(f"{name} is too short. Use at least {self.minimum} characters")
        if len(text) > self.maximum:
            raise ValidationError(f"{name} is too long. Use at most {self.maximum:,} characters")

    def _forbidden(self, ch: str) -> bool:
        # Cc: control characters; Cs: halves of a pair, which no database stores; line ends that are not "\n".
        return ch not in self.allowed and (unicodedata.category(ch) in {"Cc", "Cs"} or ch in "\u2028\u2029")


def plain_text(label: str, what: str, *, maximum: int, minimum: int = 1, **options: Any) -> StringField:
    """One line of text, trimmed before it is judged."""
    return StringField(
        label, [PlainText(what, maximum=maximum, minimum=minimum)], filters=[trimmed], **options
    )


def plain_lines(label: str, what: str, *, maximum: int, minimum: int = 1, **options: Any) -> TextAreaField:
    """Several lines of text, trimmed before they are judged."""
    return TextAreaField(
        label, [PlainText(what, maximum=maximum, minimum=minimum, lines=True)], filters=[trimmed], **options
    )
