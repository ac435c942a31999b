"""What a provider and a network can do to one text, and what must come of it: the rows of the fault table.

The first columns say what happens, the others what the outbox, the phone and the person in front of the code page have
of it when the code's life is over. Sources of the answers: "Messages API errors" on developer.vonage.com.
"""

from dataclasses import dataclass, replace
from typing import Literal

from services.gateways.vonage_codes import Meaning
from tests.support.vonage_standin import TlsMode, VonageStandin

FOR_EVER = "for ever"
#: (timeout, deadline) in seconds. What must be answered gets all the time that a busy machine may need.
_PATIENT, _HASTY = (5, 10.0), (1, 1.5)


@dataclass(frozen=True, kw_only=True)
class Row:
    """``answers``: one a request, the last one for ever where ``heals`` is false, or else a 202 after them.

    ``posts``: requests that arrived, in the whole life of the code. ``code_works``: whoever has the code gets in.
    ``kind``, ``offers``: what the page shows when nothing more will be done: its colour, and what it offers.
    """

    name: str
    answers: tuple[str, ...] = ()
    heals: bool = False
    tls: TlsMode | Literal["refused"] = "trusted"
    patience: tuple[int, float] = _PATIENT
    posts: int
    state: str
    error_code: str | None = None
    meaning: Meaning = Meaning.UNKNOWN
    stops_all: bool = False
    code_works: bool
    kind: str
    offers: frozenset[str]


RESEND, CALL, HELP = frozenset({"resend"}), frozenset({"call"}), frozenset({"help"})


def _taken(name: str, *answers: str, posts: int = 1, offers: frozenset[str] = RESEND, **more: object) -> Row:
    return Row(
        name=name, answers=answers, heals=True, posts=posts, state="accepted", code_works=True, kind="info",
        offers=offers, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def _unknown(answer: str, patience: tuple[int, float] = _PATIENT) -> Row:
    """It may have been sent: once, whatever comes after it, and what it says is good."""
    return Row(
        name=answer, answers=(answer,), heals=True, patience=patience, posts=1, state="unknown", code_works=True,
        kind="info", offers=RESEND,
    )  # fmt: skip


def _refused(answer: str, meaning: Meaning, offers: frozenset[str]) -> Row:
    """This text was refused for good, and the next one would not be for that."""
    return Row(
        name=answer, answers=(answer,), heals=True, posts=1, state="rejected",
        error_code=answer.partition("#")[2] or None, meaning=meaning, code_works=False, kind="bad",
        offers=offers,
    )  # fmt: skip


def _in_vain(name: str, *answers: str, posts: int, **more: object) -> Row:
    """Surely not accepted, tried as often as makes sense, and given up."""
    return Row(
        name=name, answers=answers, posts=posts, state="rejected", code_works=False, kind="bad",
        offers=RESEND | CALL | HELP, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def _account(answer: str, times: int = 1) -> Row:
    """All texts stop, and one tries it out after half a minute, then after twice as long each time."""
    name = f"{answer}, {times} times"
    return replace(_taken(name, *[answer] * times, posts=times + 1), stops_all=True, offers=RESEND | CALL)


TABLE: list[Row] = [
    _taken("202"),
    _taken("slow, but in time", "slow:0.2"),
    # Read, and not answered as agreed.
    *map(_unknown, ["close", "reset", "half", "flood", "html", "empty", "odd", "redirect"]),
    *map(_unknown, ["500", "502", "503", "503:1", "422#1030"]),
    *(_unknown(answer, _HASTY) for answer in ("hang", "slow:5", "drip:0.3", "drip-body:0.3")),
    # No request arrived.
    _in_vain("refused", tls="refused", posts=0),
    _in_vain("untrusted", tls="untrusted", posts=0),
    _in_vain("wrong host", tls="wrong-host", posts=0),
    _taken("untrusted once", tls="untrusted"),
    _taken("no handshake once", tls="silent", patience=_HASTY),
    # Not now.
    _taken("429 once", "429", posts=2),
    _taken("429 twice", "429", "429#1000:7", posts=3),
    _taken("429 for a minute", "429:60", posts=2, offers=RESEND | CALL),
    _taken("throttled once", "422#1000", posts=2),
    _in_vain(f"429 {FOR_EVER}", "429", posts=3),
    _in_vain(f"429 with seconds {FOR_EVER}", "429:3", posts=3),
    _in_vain("429 beyond the code's life", "429:3600", posts=1),
    # Not this one.
    _refused("400", Meaning.PARAMETERS, RESEND | CALL | HELP),
    _refused("404", Meaning.CONFIGURATION, RESEND | CALL | HELP),
    _refused("422#1010", Meaning.PARAMETERS, RESEND | CALL | HELP),
    _refused("422#1040", Meaning.NUMBER_WRONG, RESEND | HELP),
    _refused("422#1050", Meaning.NO_TEXTS, CALL | HELP),
    _refused("422#1120", Meaning.CONFIGURATION, RESEND | CALL | HELP),
    _refused("422#1170", Meaning.NUMBER_WRONG, RESEND | HELP),
    # Not from us.
    *map(_account, ["401", "402", "403", "422#1070"]),
    _account("402", times=3),
    Row(
        name=f"402 {FOR_EVER}", answers=("402",), posts=5, state="expired", meaning=Meaning.EXPIRED, stops_all=True,
        code_works=False, kind="bad", offers=CALL | HELP,
    ),
]  # fmt: skip


def named(name: str) -> Row:
    [found] = [row for row in TABLE if row.name == name]
    return found


#: For what is the same whatever the fault, and costs more.
ONE_OF_EACH = [named(name) for name in ("202", "close", "429 once", "422#1170", "402, 1 times")]


def begin(row: Row, vonage: VonageStandin) -> None:
    """Make the stand-in, and the way to it, as bad as the row says."""
    vonage.answer_with(*row.answers)
    if not row.heals and row.answers:
        vonage.default = row.answers[-1]
    if row.tls == "refused":
        vonage.stop()
    else:
        vonage.tls = row.tls


def end_once(row: Row, vonage: VonageStandin) -> None:
    """The way is good again, where it heals."""
    if row.heals and row.tls != "refused":
        vonage.tls = "trusted"
