"""Offering the account to a user, and that user's answer."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import login_user
from werkzeug.wrappers import Response

from blueprints.access import me, member_required, owner_required
from blueprints.settings import blueprint
from services import accounts, ownership
from services.language import N_
from services.language import gettext as _
from services.ownership import CannotOffer, OfferGone

GONE = N_("There is no offer of ownership for you to answer.")


@blueprint.post("/users/<user_id>/offer-ownership")
@owner_required
def offer_ownership(user_id: str) -> Response:
    person = accounts.find_member(me().account, user_id) or abort(404)
    try:
        ownership.offer(me(), person)
    except CannotOffer as why:
        flash(_("%(why)s.", why=why), "error")
        return redirect(url_for("settings.users"), 303)
    flash(
        _(
            "The account is offered to %(name)s. You stay its owner until the offer is accepted.",
            name=person.name,
        )
    )
    return redirect(url_for("settings.account"), 303)


@blueprint.post("/ownership/withdraw")
@owner_required
def withdraw_ownership() -> Response:
    if ownership.withdraw(me()):
        flash(_("The offer is withdrawn. You stay the account owner."))
    else:
        flash(_("There is no open offer any more."), "info")
    return redirect(url_for("settings.account"), 303)


@blueprint.route("/ownership", methods=["GET", "POST"])
@member_required
def answer_ownership() -> Response | str | tuple[str, int]:
    offer = ownership.offer_to(me().user)
    if offer is None:
        flash(_(GONE), "info")
        return redirect(url_for("settings.account"), 303)
    giver = ownership.giver(offer)
    answer = request.form.get("answer", "")
    if request.method == "POST" and answer in {"accept", "decline"}:
        return _accept() if answer == "accept" else _decline()
    status = 422 if request.method == "POST" else 200
    return render_template("settings/ownership.html", offer=offer, giver=giver, unclear=status == 422), status


def _accept() -> Response:
    try:
        login_user(ownership.accept(me()))
    except OfferGone:
        flash(_(GONE), "info")
    else:
        flash(_("You are the owner of %(account)s now.", account=me().account.name))
    return redirect(url_for("settings.account"), 303)


def _decline() -> Response:
    try:
        ownership.decline(me())
        flash(_("You declined. Nothing changes."))
    except OfferGone:
        flash(_(GONE), "info")
    return redirect(url_for("settings.account"), 303)
