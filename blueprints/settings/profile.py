"""One's own name and mobile number."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.access import me
from blueprints.answers import Page
from blueprints.languages import speak_as, speak_as_asked
from blueprints.settings import blueprint, once_more
from blueprints.settings.forms import ProfileForm, multi_dict
from models.user import User
from services import mobile_numbers, number_confirmations, profiles, reauthentication
from services.account_save import CodeNeeded, NumberNeeded
from services.language import gettext as _
from services.profiles import ProfileSaved


@blueprint.route("/profile", methods=["GET", "POST"])
def profile() -> Response | Page:
    if request.method == "POST":
        return _rename_support() if me().user.is_support else _save()
    draft = number_confirmations.draft(me(), number_confirmations.PROFILE, request.args.get("draft", ""))
    if draft:
        return _page(ProfileForm(formdata=multi_dict(draft)), 200)
    user = me().user
    return _page(ProfileForm(formdata=None, data={"name": user.name, **_stored(user)}), 200)


def _save() -> Response | Page:
    user = me().user
    form = ProfileForm(data=_stored(user))
    valid = form.validate()
    number = form.read_number(user, me().account.region)
    if not valid or form.mobile_number.errors:
        return _page(form)
    if (number.e164 if number else None) != user.mobile_number:
        no = once_more.refused(form)
        if no is not None:
            return _page(form, *no)
    outcome = profiles.save(me(), form.name.data or "", number, form.to_keep(), form.language.data)
    if isinstance(outcome, CodeNeeded):
        return redirect(url_for("settings.confirm_own_mobile", on=outcome.waiting.public_id), 303)
    if isinstance(outcome, NumberNeeded):
        form.mobile_number.errors = [_("Enter your mobile number. Two-factor authentication needs it")]
        return _page(form)
    return told(outcome)


def _rename_support() -> Response | Page:
    form = ProfileForm(data=_stored(me().user))
    del form.mobile_number
    if not form.validate():
        return _page(form)
    profiles.rename(me(), form.name.data or "", form.language.data)
    return told(ProfileSaved())


def _stored(user: User) -> dict[str, str]:
    """What a form that does not send them leaves as it is."""
    return {"mobile_number": mobile_numbers.shown(user), "language": user.language or ""}


def told(outcome: ProfileSaved) -> Response:
    speak_as_asked()
    speak_as(me().user.language)  # which may be another from here on
    if outcome.number_changed and me().user.mobile_number:
        flash(_("Profile saved. Your mobile number is confirmed."))
    else:
        flash(_("Profile saved."))
    return redirect(url_for("settings.profile"), 303)


def profile_page_of(fields: dict[str, list[str]], problem: str) -> Page:
    """The page with what was typed before something came between."""
    form = ProfileForm(formdata=multi_dict(fields))
    form.form_errors.append(problem)
    return _page(form)


def _page(form: ProfileForm, status: int = 422, headers: dict[str, str] | None = None) -> Page:
    if me().user.is_support and "mobile_number" in form:
        del form.mobile_number
    page = render_template("settings/profile.html", form=form, ask_password=reauthentication.is_needed(me()))
    return page, status, headers or {}
