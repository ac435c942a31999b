"""One contact: looking at it, changing it, removing it."""

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.access import me, member_required
from blueprints.contacts import blueprint
from blueprints.contacts.contact_forms import ContactForm, contact_form
from blueprints.contacts.places import kept
from models.contact import Contact
from services.contacts import fields, one
from services.language import gettext as _
from services.numbers import NumberRefused


@blueprint.route("/contacts/<contact_id>", methods=["GET", "POST"])
@member_required
def contact(contact_id: str) -> Response | tuple[str, int]:
    found = _of_account(contact_id)
    lists = one.lists_of(me().account, found)
    form = contact_form(found, fields.types(me().account), lists)
    if form.validate_on_submit():
        try:
            changed = one.change(found, form.wanted, me())
        except one.Gone:
            abort(404)
        except one.NotByHand:
            form.status.errors = [_("Their status has changed meanwhile. Look at it, and choose again")]
            found = _of_account(contact_id)
            form.offer_statuses(found.status)
            form.as_of.data = one.as_of(found)
        except one.Overtaken:
            form.form_errors.append(
                _("This contact was changed meanwhile. Saved now, all of it becomes as it stands here")
            )
            form.as_of.data = one.as_of(_of_account(contact_id))
        except NumberRefused as refused:
            form.mobile.errors = [str(refused)]
        else:
            flash(
                _("Saved the contact.") if changed else _("Nothing was changed."),
                "success" if changed else "info",
            )
            return redirect(url_for("contacts.contact", contact_id=contact_id, **kept()), 303)
    return _page(found, form, contact_id), 422 if form.errors else 200


@blueprint.post("/contacts/<contact_id>/remove")
@member_required
def remove_contact(contact_id: str) -> Response:
    found = _of_account(contact_id)
    try:
        one.remove(found, me())
    except one.Gone:
        abort(404)
    flash(_("Removed %(email)s.", email=found.email))
    return redirect(url_for("contacts.index", **kept()), 303)


def _page(found: Contact, form: ContactForm, contact_id: str) -> str:
    if request.method != "HEAD":
        one.shown(me())
    return render_template(
        "contacts/contact.html", contact=found, contact_id=contact_id, form=form, kept=kept()
    )


def _of_account(contact_id: str) -> Contact:
    found = one.find(me().account, contact_id)
    if found is None:
        abort(404)
    return found
