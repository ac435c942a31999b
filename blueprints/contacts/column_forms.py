"""The form that says where the columns of a file go: for each a choice, and a name for a new data field."""

from collections.abc import Sequence
from typing import Any, cast

from wtforms import StringField

from blueprints.contacts.place_field import PlaceField, Places
from blueprints.fields import Form, Once, trimmed
from services.contacts import fields
from services.imports import mapping
from services.imports.first_look import Look
from services.language import N_
from services.language import gettext as _

NEW, LEFT_OUT = "new", mapping.IGNORED
#: Characters of a cell that are shown.
_CELL = 40
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
    #: Of the columns, to be read.
    names: Sequence[str] = ()

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
            field.errors = [_("Enter a name for the data field of “%(column)s”", column=self.names[at])]
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
    places: Places = {
        "": {LEFT_OUT: _("Leave out"), NEW: _("New data field")},
        _("Of the contact"): {value: _(words) for value, words in KNOWN.items()},
        _("Data fields"): {mapping.DATA + name: name for name in names},
    }
    made: dict[str, Any] = {"names": names_of(look)}
    for at, guess in enumerate(look.targets):
        name = guess.removeprefix(mapping.DATA) if guess.startswith(mapping.DATA) else ""
        made[f"to_{at}"] = PlaceField(
            _("Goes to"),
            [Once()],
            places=places,
            default=NEW if name and name not in names else guess,
        )
        made[f"name_{at}"] = StringField(
            _("Name of the new data field"),
            [Once()],
            filters=[trimmed],
            default="" if name in names else name,
        )
    return cast(ColumnsForm, type("ColumnsFormOfFile", (ColumnsForm,), made)())


def names_of(look: Look) -> list[str]:
    """What to call the columns of a file."""
    return [cut(name) or _("Column %(number)s", number=at) for at, name in enumerate(look.header, start=1)]


def cut(text: str) -> str:
    """On one line, and short: a cell may be as long as a book."""
    plain = "".join(ch if ch.isprintable() else " " for ch in text[: _CELL * 4]).strip()
    return plain if len(plain) <= _CELL else plain[: _CELL - 1] + "…"


def in_words(target: str) -> str:
    """Where a column goes, for whoever chose it."""
    return target.removeprefix(mapping.DATA) if target.startswith(mapping.DATA) else _(KNOWN[target])
