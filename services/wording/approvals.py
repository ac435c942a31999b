"""What a code approves, in the words of its text: completes "your code to …".

The text has room for some sixty characters and is cut at its end, so what matters most comes first, and long names and
addresses are cut here, where the rest of the sentence is known. No whole numbers: texts are read on locked screens.
"""

from collections.abc import Mapping, Sequence

from services.numbers import ending

#: Characters that a name, and an address, may take up.
_NAME = 14
_ADDRESS = 36
#: What an interruption's row holds.
_LONGEST = 200


def add_user(email: str, *, may_export: bool) -> str:
    return f"add {_middle_out(email, _ADDRESS)}{', who may export' if may_export else ''}"


def change_user(name: str, changes: Sequence[str]) -> str:
    """``changes``: the weightiest first."""
    return f"change {_short(name)}: {', '.join(changes)}"[:_LONGEST]


def change_number(name: str, number: str) -> str:
    """``number``: E.164."""
    return f"change {_short(name)}'s mobile number to one ending in {ending(number)}"


def change_numbers(numbers: Mapping[str, str]) -> str:
    """``numbers``: {public id: E.164} of several people."""
    endings = ", ".join(ending(number) for number in numbers.values())
    return f"change {len(numbers)} users' mobile numbers, to ones ending in {endings}"[:_LONGEST]


def change_own_number(number: str) -> str:
    return f"change your mobile number to one ending in {ending(number)}"


def bind_again(name: str) -> str:
    return f"let codes be sent to {_short(name)} again"


def remove_user(name: str) -> str:
    return f"remove {name}"


def address(email: str) -> str:
    """An address short enough for a list of changes."""
    return f"email {_middle_out(email, _ADDRESS)}"


def _short(name: str) -> str:
    return name if len(name) <= _NAME else name[: _NAME - 3].rstrip() + "..."


def _middle_out(email: str, most: int) -> str:
    """Both ends tell whose it is."""
    if len(email) <= most:
        return email
    kept = most - 3
    return f"{email[: kept // 2]}...{email[-(kept - kept // 2) :]}"
