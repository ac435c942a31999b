"""What codes are for, by name and in words."""

from services.language import N_

LOGIN = "login"
CONFIRM_MOBILE = "mobile.confirm"
STEP_UP = "step_up:"


def needs_old_sim(purpose: str) -> bool:
    """Whether a code for this proves that somebody who is signed in still has the phone that they always had.

    Every step-up does: what gives contacts out, what changes a number, and what makes somebody who may. Not signing in,
    and not confirming a new number, whose SIM is new more often than not (docs/decisions/0016).
    """
    return purpose.startswith(STEP_UP)


def purpose_in_words(purpose: str) -> str:
    """What a code is for, as the log keeps it, and says it after "to". In English; gettext knows each of them."""
    action = purpose.removeprefix(STEP_UP)
    return {
        LOGIN: N_("sign in"),
        CONFIRM_MOBILE: N_("confirm a mobile number"),
        "activity.download": N_("download the activity log"),
        "contacts.export": N_("export contacts"),
        "contacts.refused_rows": N_("download the refused rows of an import"),
        "mobile.change": N_("change their own mobile number"),
        "mobile.set_for_users": N_("change mobile numbers of users"),
        "ownership.accept": N_("become the account owner"),
        "ownership.offer": N_("offer the account to someone"),
        "support.two_factor.disable": N_("turn two-factor authentication off"),
        "users.add": N_("add a user"),
        "users.change": N_("change a user"),
        "users.remove": N_("remove a user"),
    }.get(action, action.replace(".", " ").replace("_", " "))
