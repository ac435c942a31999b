"""The window "Mobile numbers of all users", which is also a page of its own."""

from flask import flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.access import me, owner_required
from blueprints.answers import Page, limited
from blueprints.fields import Form
from blueprints.settings import blueprint
from blueprints.settings.account import account_page, missing_words, rows_of
from blueprints.settings.forms import AccountForm, PastedList, number_name, numbers_form
from models.user import User
from services import mobile_numbers, number_lists, users
from services.language import N_
from services.language import gettext as _
from services.limits import LimitExceeded

SAVED = N_("Mobile numbers saved.")


@blueprint.route("/account/mobile-numbers", methods=["GET", "POST"], endpoint="mobile_numbers")
@owner_required
def numbers_window() -> Response | Page:
    others = [user for user in users.all_of(me().account) if not user.is_owner]
    if request.method == "GET":
        return _page(numbers_form(others), others, 200)
    form = numbers_form(others, request.form)
    pasted = PastedList()
    if pasted.is_sent:
        return _filled(form, pasted, others)
    if not form.validate():
        return _wrong(form, others)
    typed = {
        user.public_id: form[number_name(user)].data or ""
        for user in others
        if number_name(user) in request.form
    }
    try:
        faults = mobile_numbers.save_for_users(me(), typed)
    except LimitExceeded as limit:
        return _page(form, others, *limited(form, limit))
    if faults:
        return _wrong(*_marked(form, others, faults))
    return _saved()


def _filled(form: Form, pasted: PastedList, others: list[User]) -> Response | Page:
    """The rows with the numbers of a pasted list in them. Nothing is saved."""
    filled = number_lists.read(pasted.pasted_list.data or "", [*others, me().user], me().account.region)
    numbers = {
        number_name(user): filled.numbers[user.public_id]
        for user in others
        if user.public_id in filled.numbers
    }
    if _wants_json():
        return jsonify(rows=numbers, message=filled.said(), problems=filled.problems_said())
    for name, number in numbers.items():
        form[name].data = number
    if numbers:
        pasted.pasted_list.data = ""
    return _page(form, others, 200, pasted=pasted, filled=filled)


def _marked(form: Form, others: list[User], faults: dict[str, str]) -> tuple[Form, list[User]]:
    """The form with its messages; built anew when somebody was added while it was judged."""
    if faults.keys() - {user.public_id for user in others}:
        others = [user for user in users.all_of(me().account) if not user.is_owner]
        form = numbers_form(others, request.form)
        form.validate()
    for user in others:
        if user.public_id in faults:
            form[number_name(user)].errors = [faults[user.public_id]]
    return form, others


def _wrong(form: Form, others: list[User]) -> Response | Page:
    if _wants_json():
        errors = {field.name: str(field.errors[0]) for field in form if field.errors}
        answer = jsonify(errors=errors)
        answer.status_code = 422
        return answer
    return _page(form, others, 422)


def _saved() -> Response | Page:
    if _wants_json():
        return jsonify(message=_(SAVED), badge=missing_words(users.all_of(me().account)))
    flash(_(SAVED))
    if "company_name" in request.form:  # the window lay open over a form that was not saved yet
        flash(_("The other settings are not saved yet. Press “Save settings” to go on."), "info")
        return account_page(AccountForm.kept(me().account, _kept()), status=200)
    return redirect(url_for("settings.account"), 303)


def _kept() -> dict[str, list[str]]:
    names = ("company_name", "region", "time_zone", "two_factor_enabled", "mobile_number")
    return {name: request.form.getlist(name)[:1] for name in names if name in request.form}


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _page(
    form: Form,
    others: list[User],
    status: int,
    headers: dict[str, str] | None = None,
    *,
    pasted: PastedList | None = None,
    filled: number_lists.Filled | None = None,
) -> Page:
    page = render_template(
        "settings/numbers.html",
        form=form,
        kept=_kept(),
        filled=filled,
        **rows_of(form, others, pasted),
    )
    return page, status, headers or {}
