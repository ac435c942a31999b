"""The form that says where the columns of a file go: for each a choice, and a name for a new data field."""

from collections.abc import Sequence
from typing import Any, cast

from wtforms import SelectField, StringField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its types

from blueprints.fields import Form, Once, trimmed
from services.contacts import fields
from services.imports import mapping
from services.imports.first_look import Look
from services.language import N_
from services.language import gettext as _

NEW, LEFT_OUT = "new", mapping.IGNORED
#: What a column can be besides a data field.
KNOWN = {
    mapping.EMAIL: N_("Email address"),
    mapping.MOBILE: N_("Mobile number"),
    mapping.OPT_IN: N_("Opt-in type"),
    mapping.EMAIL_TYPE: N_("Email type"),
    mapping.STATUS: N_("Status"),
    mapping.CREATED: N_("Date created"),
    mapping.UPDATED: N_("Last updated"),
}


class ColumnsForm(Form):
    """Fields ``to_0``, ``name_0`` and so on; what a client leaves out is our guess. ``targets`` once it is valid."""

    targets: Sequence[str] = ()

    def validate(self, extra_validators: object = None) -> bool:
        if not super().validate():
            return False
        count = sum(name.startswith("to_") for name in self._fields)
        targets = [self._target(at) for at in range(count)]
        for at, target in enumerate(targets):
            if target and target in targets[:at]:
                self._fail(at, target)
        if not self.errors and mapping.EMAIL not in targets:
            self["to_0"].errors = [_("Choose Email address for the column that holds the addresses")]
        self.targets = targets
        return not self.errors

    def _target(self, at: int) -> str:
        chosen = str(self[f"to_{at}"].data)
        if chosen != NEW:
            return chosen
        field = self[f"name_{at}"]
        name = fields.field_name(field.data or "")
        if not field.data:
            field.errors = [_("Enter a name for the new data field")]
        elif not name:
            field.errors = [_("Use at least one letter or digit in the name")]
        elif len(field.data) > fields.MAX_NAME:
            field.errors = [
                _("The name is too long. Use at most %(number)s characters", number=fields.MAX_NAME)
            ]
        return mapping.DATA + name if name else ""

    def _fail(self, at: int, target: str) -> None:
        """Beside the second of two columns that go to one place."""
        field = self[f"name_{at}" if self[f"to_{at}"].data == NEW else f"to_{at}"]
        if not field.errors:
            field.errors = [
                _("%(name)s is chosen for two columns. Choose something else for one", name=in_words(target))
            ]


def columns_form(look: Look, names: list[str]) -> ColumnsForm:
    """For one file. ``names``: the data fields that there are."""
    choices = [
        SelectChoice(LEFT_OUT, _("Leave out")),
        SelectChoice(NEW, _("New data field")),
        *(SelectChoice(value, _(words), optgroup=_("Of the contact")) for value, words in KNOWN.items()),
        *(SelectChoice(mapping.DATA + name, name, optgroup=_("Data fields")) for name in names),
    ]
    made: dict[str, Any] = {}
    for at, guess in enumerate(look.targets):
        name = guess.removeprefix(mapping.DATA) if guess.startswith(mapping.DATA) else ""
        made[f"to_{at}"] = SelectField(  # type: ignore[call-arg]  # newer than its types
            _("Goes to"), [Once()], choices=choices, default=NEW if name and name not in names else guess,
            invalid_choice_message=_("Choose one from the list"),
        )  # fmt: skip
        made[f"name_{at}"] = StringField(
            _("Name of the new data field"),
            [Once()],
            filters=[trimmed],
            default="" if name in names else name,
        )
    return cast(ColumnsForm, type("ColumnsFormOfFile", (ColumnsForm,), made)())


def in_words(target: str) -> str:
    """Where a column goes, for whoever chose it."""
    return target.removeprefix(mapping.DATA) if target.startswith(mapping.DATA) else _(KNOWN[target])
