"""Forms of people who are not signed in yet. They check shape; the services decide."""

from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired

from blueprints.fields import Once, PasswordTwice, email_field, trimmed


class SignInForm(FlaskForm):
    """The address is trimmed and not judged: who typed a wrong one learns no more than that."""

    email = EmailField(
        "Email address", [InputRequired("Enter your email address"), Once()], filters=[trimmed]
    )
    password = PasswordField("Password", [InputRequired("Enter your password"), Once()])


class ForgottenPasswordForm(FlaskForm):
    email = email_field("your email address", international=True)


class NewPasswordForm(PasswordTwice):
    """For who has no password to prove: a link from a mail stands in for it."""

    password = PasswordField("New password", [InputRequired("Enter a new password"), Once()])
    password_again = PasswordField(
        "New password again", [InputRequired("Enter the new password again"), Once()]
    )
