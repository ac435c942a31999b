"""Forms of people who are not signed in yet. They check shape; the services decide."""

from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired, Length


class SignInForm(FlaskForm):
    email = EmailField("Email address", [InputRequired("Enter your email address")])
    password = PasswordField("Password", [InputRequired("Enter your password")])


class ForgottenPasswordForm(FlaskForm):
    email = EmailField(
        "Email address",
        [
            InputRequired("Enter your email address"),
            Length(max=320, message="This is too long for an email address"),
        ],
    )


class NewPasswordForm(FlaskForm):
    """``password_again`` is compared by the view, so that its message stands beside the second field."""

    password = PasswordField("New password", [InputRequired("Enter a new password")])
    password_again = PasswordField("New password again", [InputRequired("Enter the new password again")])

    def validate(self, extra_validators: object = None) -> bool:
        if not super().validate():
            return False
        if self.password.data != self.password_again.data:
            self.password_again.errors = ["This is not the same password. Enter it again"]
            return False
        return True
