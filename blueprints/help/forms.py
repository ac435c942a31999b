"""The form for writing to support, also from outside, and the one under an article."""

from wtforms import Field, RadioField, StringField, ValidationError
from wtforms.validators import Optional

from blueprints.fields import Form, Once, PlainText, choices, email_field, plain_lines, plain_text, trimmed
from services.help_answers import COMMENT_MAX
from services.language import gettext as _
from services.language import lazy_gettext as _l
from services.support_requests import MESSAGE_MAX, SUBJECT_MAX


class ContactSupportForm(Form):
    email = email_field(_l("Enter your email address"), international=True)
    subject = plain_text(_l("Subject"), _l("Enter a subject"), maximum=SUBJECT_MAX)
    message = plain_lines(_l("Message"), _l("Enter a message"), maximum=MESSAGE_MAX)


class HelpAnswerForm(Form):
    """Whether an article helped, and one line that nobody has to write."""

    helped = RadioField(
        _l("Did this help?"),
        [Once()],
        choices=choices({"yes": _l("Yes"), "no": _l("No")}),
        validate_choice=False,
    )
    comment = StringField(
        _l("What was missing, or hard to understand?"),
        [Optional(), PlainText(_l("Enter a comment"), maximum=COMMENT_MAX)],
        filters=[trimmed],
    )

    def validate_helped(self, field: Field) -> None:
        if field.data not in ("yes", "no"):
            raise ValidationError(_("Choose whether this helped: Yes or No"))
