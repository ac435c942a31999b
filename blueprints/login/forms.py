"""Forms of people who are not signed in yet. They check shape; the services decide."""

from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired

from blueprints.fields import Once, email_field, trimmed


class SignInForm(FlaskForm):
    """The address is trimmed and not judged: who typed a wrong one learns no more than that."""

    email = EmailField(
        "Email address", [InputRequired("Enter your email address"), Once()], filters=[trimmed]
    )
    password = PasswordField("Password", [InputRequired("Enter your password"), Once()])


class ForgottenPasswordForm(FlaskForm):
    email = email_field("your email address", international=True)


class NewPasswordForm(FlaskForm):
    """A difference between the two is told beside the second."""

    password = PasswordField("New password", [InputRequired("Enter a new password"), Once()])
    password_again = PasswordField(
        "New password again", [InputRequired("Enter the new password again"), Once()]
    )

    def validate(self, extra_validators: object = None) -> bool:
        if not super().validate():
            return False
        if self.password.data != self.password_again.data:
            self.password_again.errors = ["This is not the same password. Enter it again"]
            return False
        return True
