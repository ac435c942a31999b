"""The tab "Account settings": company data, and the Security section near its foot."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.access import me, member_required
from blueprints.answers import Page
from blueprints.fields import Form
from blueprints.settings import blueprint, once_more
from blueprints.settings.forms import AccountForm, PastedList, number_name, numbers_form
from models.user import User
from services import (
    account_save,
    mobile_numbers,
    number_confirmations,
    numbers,
    ownership,
    places,
    reauthentication,
    scheduled_disables,
    two_factor,
    users,
)
from services.account_save import CodeNeeded, NumberNeeded, NumbersMissing, Saved
from services.language import gettext as _
from services.language import ngettext


@blueprint.route("/account", methods=["GET", "POST"])
@member_required
def account() -> Response | Page | str:
    if request.method == "POST":
        return _save() if me().user.is_owner else abort(403)
    if not me().user.is_owner:
        return _read_only()
    draft = number_confirmations.draft(me(), number_confirmations.ACCOUNT, request.args.get("draft", ""))
    if draft:
        return account_page(AccountForm.kept(me().account, draft), status=200)
    return account_page(AccountForm.shown(me().account, me().user), status=200)


def _save() -> Response | Page:
    form = AccountForm.posted(me().account, me().user)
    wanted = form.wanted(me().user)
    if wanted is None:
        return account_page(form)
    if account_save.changes_sign_in(me(), wanted):
        no = once_more.refused(form)
        if no is not None:
            return account_page(form, status=no[0], headers=no[1])
    outcome = account_save.save(me(), wanted, form.to_keep())
    if isinstance(outcome, CodeNeeded):
        return redirect(url_for("settings.confirm_mobile", on=outcome.waiting.public_id), 303)
    if isinstance(outcome, NumberNeeded):
        form.mobile_number.errors = [_("Enter your mobile number. Two-factor authentication needs it")]
        return account_page(form)
    return saved_or_missing(form, outcome)


def saved_or_missing(form: AccountForm, outcome: Saved | NumbersMissing) -> Response | Page:
    """What the person is told after a save that went through, or stopped at the numbers of others."""
    if isinstance(outcome, NumbersMissing):
        if outcome.number_changed:
            flash(_("Your mobile number is confirmed and saved. The rest is not saved yet."), "info")
        return account_page(form, open_window=True)
    if outcome.turned_on:
        flash(
            _(
                "Two-factor authentication is on for %(account)s. Everyone else is signed out and was told.",
                account=me().account.name,
            )
        )
    elif outcome.number_changed and me().user.mobile_number:
        flash(_("Settings saved. Your mobile number is confirmed."))
    else:
        flash(_("Settings saved."))
    return redirect(url_for("settings.account"), 303)


def account_page(
    form: AccountForm,
    *,
    status: int = 422,
    open_window: bool = False,
    headers: dict[str, str] | None = None,
) -> Page:
    """The owner's page. ``open_window``: because some user has no valid number."""
    people = users.all_of(me().account)
    others = [user for user in people if not user.is_owner]
    window = numbers_form(others)
    if open_window:
        form.two_factor_enabled.errors = [_("Enter mobile numbers for all users")]
        mark_missing(window, others)
    offer = ownership.open_offer(me().account)
    page = render_template(
        "settings/account.html",
        form=form,
        window=window,
        **rows_of(window, others),
        open_window=open_window,
        kept=form.to_keep() if open_window else {},
        scheduled=scheduled_disables.waiting_for(me().account) if me().account.two_factor_on else None,
        offer=offer,
        heir=next((user for user in people if offer and user.id == offer.to_user_id), None),
        missing=missing_words(others),
        ask_password=reauthentication.is_needed(me()),
        people=len(people),
    )
    return page, status, headers or {}


def _read_only() -> str:
    return render_template(
        "settings/account_read_only.html",
        country=places.countries().get(me().account.region, me().account.region),
        zone=me().account.time_zone.replace("_", " "),
        owner=next(user for user in users.all_of(me().account) if user.is_owner),
        offer=ownership.offer_to(me().user),
    )


def rows_of(form: Form, people: list[User], pasted: PastedList | None = None) -> dict[str, Any]:
    """What the window and its page show: each user with their field, and what tells the countries of numbers."""
    names = places.countries()
    return {
        "rows": [(user, form[number_name(user)]) for user in people],
        "pasted": pasted or PastedList(formdata=None),
        "shown_number": mobile_numbers.shown,
        "country_of": lambda user: names.get(numbers.region_of(user.mobile_number), ""),
        "calling_codes": places.calling_codes(),
        "own_country": names.get(me().account.region, ""),
    }


def missing_words(people: list[User]) -> str:
    """ "2 numbers missing", or "" when every user has a valid one."""
    missing = len(two_factor.without_number(people))
    return ngettext("%(num)s number missing", "%(num)s numbers missing", missing) if missing else ""


def mark_missing(form: Form, people: list[User]) -> None:
    for user in two_factor.without_number(people):
        if user.mobile_number:
            message = _("Enter another mobile number for %(name)s", name=user.name)
        else:
            message = _("Enter a mobile number for %(name)s", name=user.name)
        form[number_name(user)].errors = [message]
