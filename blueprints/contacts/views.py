"""The contacts of an account, a page at a time, and adding one."""

from collections.abc import Callable

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.access import me, member_required
from blueprints.contacts import blueprint
from blueprints.contacts.forms import NewContactForm
from blueprints.contacts.places import kept, page_token, place_of
from blueprints.fields import trimmed
from models.contact import Contact, ContactList, ContactStatus
from services.contacts import adding, counts, lists, looking
from services.contacts.pages import Search
from services.contacts.public_ids import public_id
from services.language import gettext as _
from services.numbers import NumberRefused

_MAX_SEARCH = 200


@blueprint.get("/contacts")
@member_required
def index() -> str:
    search = Search(
        me().account,
        text=trimmed(request.args.get("q")).replace("\0", "")[:_MAX_SEARCH],
        contact_list=chosen_list(request.args.get("list")),
        status=_known_status(request.args.get("status", "")),
    )
    page = looking.page(search, **place_of(request.args.get("page", "")))
    return render_template(
        "contacts/index.html",
        search=search,
        contacts=page.contacts,
        page=page,
        older=page_token("before", page.older),
        newer=page_token("after", page.newer),
        kept=kept(),
        address_of=_addresses(),
        lists=lists.of_account(me().account),
        # A search has counts of its own.
        held=None if search.text else counts.by_status(me().account, search.contact_list),
    )


@blueprint.route("/contacts/new", methods=["GET", "POST"])
@member_required
def new() -> Response | tuple[str, int]:
    form = NewContactForm()
    form.list.choices = list_choices()
    if request.method == "GET":
        form.list.data = request.args.get("list", "")
    if form.validate_on_submit():
        try:
            contact = adding.add(
                me().account,
                form.email.data or "",
                mobile=form.mobile.data or "",
                data={"FIRSTNAME": form.first_name.data or "", "LASTNAME": form.last_name.data or ""},
                contact_list=chosen_list(form.list.data),
            )
        except adding.AlreadyThere:
            form.email.errors = [_("There is a contact with this email address already")]
        except NumberRefused as refused:
            form.mobile.errors = [str(refused)]
        except adding.ListGone:
            form.list.errors = [_("This list is no longer there. Choose another")]
        else:
            flash(_("Added %(email)s.", email=contact.email))
            return redirect(url_for("contacts.index", **kept()), 303)
    return render_template("contacts/new.html", form=form, kept=kept()), 422 if form.errors else 200


def chosen_list(public_id: str | None) -> ContactList | None:
    """None when none was chosen; 404 for a list that is not this account's."""
    if not public_id:
        return None
    found = lists.find(me().account, public_id)
    if found is None:
        abort(404)
    return found


def list_choices() -> dict[str, str]:
    """For a select: public id -> name."""
    return {"": _("No list"), **{of.public_id: of.name for of in lists.of_account(me().account)}}


def _addresses() -> Callable[[Contact], str]:
    """Of contacts, with the way back. One url_for() for all: fifty take longer than the statements of the page."""
    here = "HERE"
    before, _here, after = url_for("contacts.contact", contact_id=here, **kept()).partition(f"/{here}")
    account = me().account
    return lambda contact: f"{before}/{public_id(account, contact)}{after}"


def _known_status(status: str) -> str:
    return status if status in {known.value for known in ContactStatus} else ""
