"""What codes are for, by name and in words."""

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
    """What a code is for, as it stands in the log after "to"."""
    action = purpose.removeprefix(STEP_UP)
    return {
        LOGIN: "sign in",
        CONFIRM_MOBILE: "confirm a mobile number",
        "activity.download": "download the activity log",
        "contacts.export": "export contacts",
        "contacts.refused_rows": "download the refused rows of an import",
        "mobile.change": "change their own mobile number",
        "mobile.set_for_users": "change mobile numbers of users",
        "ownership.accept": "become the account owner",
        "ownership.offer": "offer the account to someone",
        "support.two_factor.disable": "turn two-factor authentication off",
        "users.add": "add a user",
        "users.change": "change a user",
        "users.remove": "remove a user",
    }.get(action, action.replace(".", " ").replace("_", " "))
