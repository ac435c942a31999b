"""What to export."""

from collections.abc import Sequence

from wtforms import SelectField, SelectMultipleField
from wtforms.validators import StopValidation

from blueprints.fields import Form, Once, PublicId
from models.contact import ContactStatus
from services.contacts import statuses
from services.language import gettext as _
from services.language import lazy_gettext as _l

_STATUSES = [status.value for status in ContactStatus]


class ExportForm(Form):
    """``list`` holds a list's public id, "" for all contacts."""

    list = SelectField(_l("List"), [PublicId()], validate_choice=False)
    status = SelectField(
        _l("Status"),
        [Once()],
        choices={},
    )
    columns = SelectMultipleField(_l("Columns"), validate_choice=False)

    def offer(self, lists: dict[str, str], columns: Sequence[str]) -> None:
        """What can be chosen: lists by their public id, and the names of the columns."""
        self.list.choices = lists
        self.status.choices = {"": _("Any status"), **statuses.choices()}
        self.columns.choices = {name: name for name in columns}
        self._offered = set(columns)

    @property
    def chosen_status(self) -> str:
        return self.status.data if self.status.data in _STATUSES else ""

    def validate_columns(self, field: SelectMultipleField) -> None:
        if not set(field.data or ()) & self._offered:
            raise StopValidation(_("Choose at least one column"))
        if (
            set(field.data or ()) - self._offered
        ):  # gone meanwhile: a file without it would not be what was chosen
            raise StopValidation(
                _("One of the columns that you chose is not there any more. Choose from these")
            )
