"""The account's people, for its owner."""

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.access import me, owner_required
from blueprints.answers import Page, limited
from blueprints.settings import blueprint, once_more
from blueprints.settings.forms import UserForm
from models.user import User
from services import accounts, mobile_numbers, number_binding, ownership, reauthentication, signing_out
from services import users as people
from services.language import gettext as _
from services.limits import LimitExceeded
from services.number_binding import NotStopped
from services.users import EmailTaken, InvitationAccepted, NumberRequired, UserGone, Wanted


@blueprint.get("/users")
@owner_required
def users() -> str:
    offer = ownership.open_offer(me().account)
    everyone = people.all_of(me().account)
    return render_template(
        "settings/users.html", people=everyone, offer=offer, shown_number=mobile_numbers.shown
    )


@blueprint.route("/users/new", methods=["GET", "POST"])
@owner_required
def new_user() -> Response | Page:
    if request.method == "GET":
        return _new_page(UserForm(formdata=None), 200)
    form = UserForm()
    wanted = _read(form, None)
    if wanted is None:
        return _new_page(form)
    try:
        user = people.invite(me(), wanted)
    except (EmailTaken, NumberRequired) as fault:
        _mark(form, fault)
        return _new_page(form)
    except LimitExceeded as limit:
        return _new_page(form, *limited(form, limit))
    flash(
        _(
            "%(name)s is invited. A mail with a link to choose a password is on its way to %(email)s.",
            name=user.name,
            email=user.email,
        )
    )
    return redirect(url_for("settings.users"), 303)


@blueprint.route("/users/<user_id>", methods=["GET", "POST"])
@owner_required
def user(user_id: str) -> Response | Page:
    person = _find(user_id)
    if person.is_owner:
        return redirect(url_for("settings.profile"), 303) if request.method == "GET" else abort(403)
    if request.method == "GET":
        return _user_page(_shown(person), person, 200)
    form = UserForm(data={"mobile_number": mobile_numbers.shown(person)})
    wanted = _read(form, person)
    if wanted is None:
        return _user_page(form, person)
    if people.changes_sign_in(person, wanted):
        no = once_more.refused(form)
        if no is not None:
            return _user_page(form, person, *no)
    try:
        changes = people.change(me(), person, wanted)
    except UserGone:
        abort(404)
    except (EmailTaken, NumberRequired) as fault:
        _mark(form, fault)
        return _user_page(form, person)
    except LimitExceeded as limit:
        return _user_page(form, person, *limited(form, limit))
    if changes:
        flash(_("Changes to %(name)s saved.", name=person.name))
    else:
        flash(_("Nothing to change for %(name)s.", name=person.name))
    return redirect(url_for("settings.users"), 303)


@blueprint.post("/users/<user_id>/remove")
@owner_required
def remove_user(user_id: str) -> Response:
    person = _find_other(user_id)
    try:
        people.remove(me(), person)
    except UserGone:
        abort(404)
    flash(_("%(name)s was removed and is signed out everywhere.", name=person.name))
    return redirect(url_for("settings.users"), 303)


@blueprint.post("/users/<user_id>/bind-number")
@owner_required
def bind_number(user_id: str) -> Response:
    """Too many wrong codes stopped this person's codes; their owner has asked them and lets codes go out again."""
    person = _find_other(user_id)
    try:
        number_binding.by_owner(me(), person)
    except NotStopped:
        flash(_("Codes are sent to this person. Nothing was changed."), "info")
    else:
        flash(
            _("Codes are sent to %(name)s again. They were told by mail, and signed out.", name=person.name)
        )
    return redirect(url_for("settings.user", user_id=person.public_id), 303)


@blueprint.post("/users/<user_id>/sign-out")
@owner_required
def sign_out_user(user_id: str) -> Response:
    person = _find_other(user_id)
    try:
        signing_out.by_owner(me(), person)
    except UserGone:
        abort(404)
    flash(
        _(
            "%(name)s is signed out everywhere, and no browser of theirs is trusted any more.",
            name=person.name,
        )
    )
    return redirect(url_for("settings.user", user_id=person.public_id), 303)


@blueprint.post("/users/<user_id>/invite")
@owner_required
def invite_again(user_id: str) -> Response | Page:
    person = _find(user_id)
    try:
        people.invite_again(me(), person)
    except UserGone:
        abort(404)
    except LimitExceeded as limit:
        form = _shown(person)
        return _user_page(
            form, person, *limited(form, limit, _("Too many invitations were sent. None was sent now"))
        )
    except InvitationAccepted:
        flash(_("%(name)s has accepted the invitation already.", name=person.name), "info")
    else:
        flash(
            _(
                "A new invitation is on its way to %(email)s. The link in the one before it works no more.",
                email=person.email,
            )
        )
    return redirect(url_for("settings.user", user_id=person.public_id), 303)


def _find_other(user_id: str) -> User:
    """Whom the owner may do something to; nobody does these things to the owner."""
    person = _find(user_id)
    return abort(403) if person.is_owner else person


def _find(user_id: str) -> User:
    return accounts.find_member(me().account, user_id) or abort(404)


def _read(form: UserForm, person: User | None) -> Wanted | None:
    """What the form asks for; None when something in it is wrong, with a message at each field."""
    valid = form.validate()
    number = form.read_number(person, me().account.region)
    if (
        number is None and me().two_factor_on and not form.mobile_number.errors
    ):  # told with the rest; decided later
        _mark(form, NumberRequired())
    if not valid or form.mobile_number.errors:
        return None
    return Wanted(form.name.data or "", form.email.data or "", number, bool(form.can_export.data))


def _mark(form: UserForm, fault: EmailTaken | NumberRequired) -> None:
    if isinstance(fault, EmailTaken):
        form.email.errors = [_("Somebody signs in with this address already. Enter another one")]
    else:
        form.mobile_number.errors = [
            _("Enter a mobile number. Two-factor authentication is on, so every user needs one")
        ]


def _shown(person: User) -> UserForm:
    return UserForm(
        formdata=None,
        data={
            "name": person.name,
            "email": person.email,
            "mobile_number": mobile_numbers.shown(person),
            "can_export": person.can_export,
        },
    )


def _new_page(form: UserForm, status: int = 422, headers: dict[str, str] | None = None) -> Page:
    return render_template("settings/new_user.html", form=form), status, headers or {}


def _user_page(
    form: UserForm, person: User, status: int = 422, headers: dict[str, str] | None = None
) -> Page:
    offer = ownership.open_offer(me().account)
    page = render_template(
        "settings/user.html",
        form=form,
        person=person,
        offer=offer,
        ask_password=reauthentication.is_needed(me()),
    )
    return page, status, headers or {}
