"""The contacts of an account, a page at a time, and adding one."""

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.access import me, member_required
from blueprints.contacts import blueprint
from blueprints.contacts.forms import NewContactForm
from blueprints.fields import trimmed
from models.contact import ContactList, ContactStatus
from services import seal
from services.contacts import adding, lists, looking
from services.contacts.pages import Place, Search
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
    page = looking.page(search, **_place(request.args.get("page", "")))
    return render_template(
        "contacts/index.html",
        search=search,
        contacts=page.contacts,
        page=page,
        older=_page_token("before", page.older),
        newer=_page_token("after", page.newer),
        lists=lists.of_account(me().account),
        statuses=list(ContactStatus),
    )


@blueprint.route("/contacts/new", methods=["GET", "POST"])
@member_required
def new() -> Response | tuple[str, int]:
    form = NewContactForm()
    form.list.choices = list_choices()
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
            form.email.errors = ["There is a contact with this email address already"]
        except NumberRefused as refused:
            form.mobile.errors = [str(refused)]
        except adding.ListGone:
            form.list.errors = ["This list is no longer there. Choose another"]
        else:
            flash(f"Added {contact.email}.")
            return redirect(url_for("contacts.index"), 303)
    return render_template("contacts/new.html", form=form), 422 if form.errors else 200


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
    return {"": "No list", **{of.public_id: of.name for of in lists.of_account(me().account)}}


def _known_status(status: str) -> str:
    return status if status in {known.value for known in ContactStatus} else ""


def _page_token(way: str, place: Place | None) -> str:
    """A place between two pages. Sealed: a contact's key tells how many contacts the whole site has."""
    return seal.seal({way: [str(place.id), place.key]}, seal.PAGE).decode() if place is not None else ""


def _place(token: str) -> dict[str, Place]:
    opened = seal.unseal(token.encode(), seal.PAGE) if token.isascii() and token else None
    # Addresses of pages that were open before a release knew no key.
    return {
        way: Place(int(parts[0]), "".join(parts[1:]))
        for way, parts in (opened or {}).items()
        if way in {"before", "after"}
    }
