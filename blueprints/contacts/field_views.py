"""Data fields: all of them with their types, a new one, and removing one with what contacts hold in it."""

from flask import abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from blueprints.access import me, member_required, owner_required
from blueprints.contacts import blueprint
from blueprints.contacts.contact_forms import FieldForm, SureForm
from models.contact import DataField
from services.contacts import counts, fields, forgetting
from services.language import gettext as _


@blueprint.route("/contacts/fields", methods=["GET", "POST"], endpoint="fields")
@member_required
def all_fields() -> Response | tuple[str, int]:
    form = FieldForm()
    if form.validate_on_submit():
        name = fields.field_name(form.name.data or "")
        if problem := _refusal(name, form):
            form.name.errors = [problem]
        else:
            flash(_("Added the data field %(name)s.", name=name))
            return redirect(url_for("contacts.fields"), 303)
    known = fields.all_of(me().account)
    page = render_template(
        "contacts/fields.html", form=form, usual=fields.USUAL, known=known, most=fields.MAX_FIELDS
    )  # fmt: skip
    return page, 422 if form.errors else 200


def _refusal(name: str, form: FieldForm) -> str:
    """Makes the field; "" when it is made."""
    if not name:
        return _("Use at least one letter or digit in the name")
    try:
        fields.create(name, form.type.data, me())
    except fields.NameTaken:
        return _("There is a data field %(name)s already. Choose another name", name=name)
    except fields.FieldGoing:
        return _("%(name)s is being removed just now. Try again in a few minutes", name=name)
    except fields.TooManyFields:
        return _("An account can have at most %(most)s data fields. Remove one first", most=fields.MAX_FIELDS)
    return ""


@blueprint.route("/contacts/fields/<field_id>", methods=["GET", "POST"], endpoint="field")
@owner_required
def one_field(field_id: str) -> Response | tuple[str, int]:
    """What removing it would take away from every contact, and the button that does: the owner's alone."""
    found = _of_account(field_id)
    form = SureForm()
    if form.validate_on_submit():
        try:
            forgetting.remove(found, me())
        except forgetting.ImportRunning:
            form.form_errors.append(
                _(
                    "A file is being imported just now, and could bring the field back. Try again when it has ended."
                )
            )
        else:
            flash(_("Removed the data field %(name)s. Its values are being deleted.", name=found.name))
            return redirect(url_for("contacts.fields"), 303)
    total = counts.count(me().account)
    page = render_template(
        "contacts/field.html", form=form, field=found, total=total,
        holders=forgetting.holders(me().account, found, total),
    )  # fmt: skip
    return page, 422 if form.errors else 200


def _of_account(field_id: str) -> DataField:
    found = fields.find(me().account, field_id)
    if found is None:
        abort(404)
    return found
