"""The form for writing to support, also from outside."""

from blueprints.fields import Form, email_field, plain_lines, plain_text
from services.language import lazy_gettext as _l
from services.support_requests import MESSAGE_MAX, SUBJECT_MAX


class ContactSupportForm(Form):
    email = email_field(_l("Enter your email address"), international=True)
    subject = plain_text(_l("Subject"), _l("Enter a subject"), maximum=SUBJECT_MAX)
    message = plain_lines(_l("Message"), _l("Enter a message"), maximum=MESSAGE_MAX)
