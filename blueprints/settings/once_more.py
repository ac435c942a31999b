"""The field "Current password" of forms that change what a person signs in with."""

from typing import Protocol

from wtforms import Field, PasswordField

from blueprints.access import me
from blueprints.answers import busy, limited
from services import reauthentication
from services.hashing import Busy
from services.language import gettext as _
from services.limits import LimitExceeded
from services.reauthentication import WrongPassword


class _Form(Protocol):
    current_password: PasswordField
    form_errors: list[str]


def refused(form: "_Form") -> tuple[int, dict[str, str]] | None:
    """None where the change may go on; else the status and headers for the page with the form once more."""
    if not reauthentication.is_needed(me()):
        return None
    field: Field = form.current_password
    if not field.data:
        field.errors = [_("Enter your current password to change this")]
        return 422, {}
    try:
        reauthentication.by_password(me(), field.data)
    except WrongPassword:
        field.errors = [_("This is not your current password")]
        return 422, {}
    except LimitExceeded as limit:
        return limited(form, limit)
    except Busy:
        return busy(form)
    return None
