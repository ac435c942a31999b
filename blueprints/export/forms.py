"""What to export."""

from collections.abc import Sequence

from flask_wtf import FlaskForm
from wtforms import SelectField, SelectMultipleField
from wtforms.validators import StopValidation

from blueprints.fields import Once, PublicId
from models.contact import ContactStatus

ANY_STATUS = "Any status"


_STATUSES = [status.value for status in ContactStatus]


class ExportForm(FlaskForm):
    """``list`` holds a list's public id, "" for all contacts."""

    list = SelectField("List", [PublicId()], validate_choice=False)
    status = SelectField(
        "Status", [Once()], choices={"": ANY_STATUS, **{status: status for status in _STATUSES}}
    )
    columns = SelectMultipleField("Columns", validate_choice=False)

    def offer(self, lists: dict[str, str], columns: Sequence[str]) -> None:
        """What can be chosen: lists by their public id, and the names of the columns."""
        self.list.choices = lists
        self.columns.choices = {name: name for name in columns}
        self._offered = set(columns)

    @property
    def chosen_status(self) -> str:
        return self.status.data if self.status.data in _STATUSES else ""

    def validate_columns(self, field: SelectMultipleField) -> None:
        if not set(field.data or ()) & self._offered:
            raise StopValidation("Choose at least one column")
        if (
            set(field.data or ()) - self._offered
        ):  # gone meanwhile: a file without it would not be what was chosen
            raise StopValidation("One of the columns that you chose is not there any more. Choose from these")
