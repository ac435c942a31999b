"""Links in notices. GET shows what will happen, POST does it, once; neither ever signs anyone in."""

from flask import g, render_template, request

from blueprints.answers import Page
from blueprints.help import blueprint
from services import not_me, scheduled_disables


@blueprint.route("/not-me/<token>", methods=["GET", "POST"], endpoint="not_me")
def not_me_page(token: str) -> Page:
    found = not_me.find(token)
    if found is None:
        return _dead("not_me")
    link, user = found
    if request.method != "POST":
        return render_template("help/not_me.html", user=user), 200
    if not not_me.report(link, user):  # the other tab was faster
        return _dead("not_me")
    return render_template("help/not_me_done.html", user=user), 200


@blueprint.route("/two-factor/keep/<token>", methods=["GET", "POST"])
def keep_two_factor(token: str) -> Page:
    found = scheduled_disables.find_stoppable(token)
    if found is None:
        return _dead("keep")
    link, user, scheduled = found
    account = user.account
    assert account is not None  # noqa: S101  # found by it; for the type checker
    g.time_zone = account.time_zone
    if request.method != "POST":
        return render_template("help/keep_two_factor.html", account=account, scheduled=scheduled), 200
    if not scheduled_disables.stop_by_link(link, user, scheduled):
        return _dead("keep")
    return render_template("help/two_factor_kept.html", account=account), 200


def _dead(kind: str) -> Page:
    return render_template("help/dead_link.html", kind=kind), 410
