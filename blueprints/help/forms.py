"""The form for writing to support, also from outside."""

from flask_wtf import FlaskForm

from blueprints.fields import email_field, plain_lines, plain_text
from services.support_requests import MESSAGE_MAX, SUBJECT_MAX


class ContactSupportForm(FlaskForm):
    email = email_field("your email address", international=True)
    subject = plain_text("Subject", "a subject", maximum=SUBJECT_MAX)
    message = plain_lines("Message", "a message", maximum=MESSAGE_MAX)
