"""A field that says where a column goes. A wide file has hundreds, each with hundreds of places to choose from: all of
them share one table of places, and the template writes it, in less than half the time of WTForms' own select."""

from typing import Any

from wtforms import StringField, ValidationError

from services.language import gettext as _

#: What there is to choose: {heading: {value: words}}, "" for no heading.
Places = dict[str, dict[str, str]]


class PlaceField(StringField):
    """Holds one of the values of ``places``."""

    def __init__(self, label: str, validators: list[Any], *, places: Places, **options: Any) -> None:
        super().__init__(label, validators, **options)
        self.places = places

    def pre_validate(self, form: Any) -> None:
        if not any(self.data in group for group in self.places.values()):
            raise ValidationError(_("Choose one from the list"))
