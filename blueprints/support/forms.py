"""The console's one form that changes something. It checks shape; services/support.py decides."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Self

from wtforms import Field, SelectField, ValidationError

from blueprints.fields import Form, plain_lines, plain_text, trimmed
from models.account import Account
from services import support_requests
from services.disabling import EVIDENCE, REASON_MAX, REASON_MIN
from services.language import gettext as _
from services.language import lazy_gettext as _l


class SignOutForm(Form):
    why = plain_lines(_l("Reason"), _l("Enter the reason"), minimum=REASON_MIN, maximum=REASON_MAX)


class DisableForm(Form):
    reason = plain_lines(_l("Reason"), _l("Enter the reason"), minimum=REASON_MIN, maximum=REASON_MAX)
    evidence = SelectField(
        _l("How you made sure who asks"),
        validate_choice=False,
    )
    request_id = SelectField(_l("Request that this answers"), validate_choice=False)
    account_name = plain_text(_l("Name of the account"), _l("Enter the name of the account"), maximum=200)

    #: Set by for_account(): the name to be typed, and the requests (id -> subject) that can be closed with it.
    wanted_name = ""
    open_requests: Mapping[str, str] = MappingProxyType({})

    @classmethod
    def for_account(cls, account: Account, **options: Any) -> Self:
        form = cls(**options)
        form.wanted_name = trimmed(account.name)
        form.open_requests = {asked.public_id: asked.subject for asked in support_requests.open_of(account)}
        form.evidence.choices = {"": _("Choose one"), **{key: _(how) for key, how in EVIDENCE.items()}}
        form.request_id.choices = {"": _("None"), **form.open_requests}
        return form

    def validate_evidence(self, field: Field) -> None:
        if field.data not in EVIDENCE:
            raise ValidationError(_("Choose how you made sure who asks"))

    def validate_request_id(self, field: Field) -> None:
        if field.data and field.data not in self.open_requests:
            raise ValidationError(_("Choose an open request of this account, or none"))

    def validate_account_name(self, field: Field) -> None:
        if field.data != self.wanted_name:
            raise ValidationError(
                _("Type the name exactly as it stands above: %(name)s", name=self.wanted_name)
            )
