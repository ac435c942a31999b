"""Forms of people who are not signed in yet. They check shape; the services decide."""

from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired

from blueprints.fields import Form, Once, PasswordTwice, email_field, trimmed
from services.language import lazy_gettext as _l


class SignInForm(Form):
    """The address is trimmed and not judged: who typed a wrong one learns no more than that."""

    email = EmailField(
        _l("Email address"), [InputRequired(_l("Enter your email address")), Once()], filters=[trimmed]
    )
    password = PasswordField(_l("Password"), [InputRequired(_l("Enter your password")), Once()])


class ForgottenPasswordForm(Form):
    email = email_field(_l("Enter your email address"), international=True)


class NewPasswordForm(PasswordTwice):
    """For who has no password to prove: a link from a mail stands in for it."""

    password = PasswordField(_l("New password"), [InputRequired(_l("Enter a new password")), Once()])
    password_again = PasswordField(
        _l("New password again"), [InputRequired(_l("Enter the new password again")), Once()]
    )
