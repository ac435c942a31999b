"""Lists of contacts: all of them with their counts; one of them to rename or remove."""

from flask import abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from blueprints.access import me, member_required
from blueprints.contacts import blueprint
from blueprints.contacts.forms import ListForm
from models.contact import ContactList
from services.contacts import counts, lists
from services.language import N_
from services.language import gettext as _

_TAKEN = N_("There is a list of this name already. Choose another name")


@blueprint.route("/contacts/lists", methods=["GET", "POST"], endpoint="lists")
@member_required
def all_lists() -> Response | tuple[str, int]:
    form = ListForm()
    if form.validate_on_submit():
        try:
            made = lists.create(me().account, form.name.data or "")
        except lists.NameTaken:
            form.name.errors = [_(_TAKEN)]
        else:
            flash(_("Made the list %(name)s.", name=made.name))
            return redirect(url_for("contacts.lists"), 303)
    page = render_template("contacts/lists.html", form=form, counted=lists.with_counts(me().account))
    return page, 422 if form.errors else 200


@blueprint.route("/contacts/lists/<list_id>", methods=["GET", "POST"], endpoint="list_")
@member_required
def one_list(list_id: str) -> Response | tuple[str, int]:
    found = _of_account(list_id)
    form = ListForm(obj=found)
    if form.validate_on_submit():
        try:
            lists.rename(found, form.name.data or "")
        except lists.NameTaken:
            form.name.errors = [_(_TAKEN)]
        else:
            flash(_("Saved the new name."))
            return redirect(url_for("contacts.lists"), 303)
    held = counts.count(me().account, found)
    page = render_template("contacts/list.html", form=form, contact_list=found, held=held)
    return page, 422 if form.errors else 200


@blueprint.post("/contacts/lists/<list_id>/remove")
@member_required
def remove_list(list_id: str) -> Response:
    found = _of_account(list_id)
    lists.remove(found, by=me())
    flash(_("Removed the list %(name)s. Its contacts are still there.", name=found.name))
    return redirect(url_for("contacts.lists"), 303)


def _of_account(list_id: str) -> ContactList:
    found = lists.find(me().account, list_id)
    if found is None:
        abort(404)
    return found
