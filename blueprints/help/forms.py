"""The form for writing to support, also from outside."""

from email_validator import EmailNotValidError, validate_email
from flask_wtf import FlaskForm
from wtforms import EmailField, Field, ValidationError

from blueprints.fields import PlainText, plain_lines, plain_text, trimmed
from services.support_requests import MESSAGE_MAX, SUBJECT_MAX


class ContactSupportForm(FlaskForm):
    email = EmailField("Email address", [PlainText("your email address", maximum=320)], filters=[trimmed])
    subject = plain_text("Subject", "a subject", maximum=SUBJECT_MAX)
    message = plain_lines("Message", "a message", maximum=MESSAGE_MAX)

    def validate_email(self, field: Field) -> None:
        try:
            validate_email(field.data, check_deliverability=False)
        except EmailNotValidError:
            raise ValidationError("Enter an email address, such as name@example.com") from None
