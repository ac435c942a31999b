"""How texts and calls fare: for support, who are asked why a code does not come."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import render_template, request

from blueprints import charts
from blueprints.access import support_required
from blueprints.support import blueprint
from config import settings
from services import places
from services.delivery import circuits
from services.delivery.figures import Figures, Tally, figures
from services.delivery.meanings import MEANINGS
from services.gateways import VONAGE, VONAGE_VOICE
from services.language import N_, decimal, locale, ngettext, thousands
from services.language import gettext as _
from services.number_places import NOWHERE
from services.sending import budget, pauses

CHANNELS = {"sms": N_("Texts"), "voice": N_("Calls")}
#: What a gateway is called here; one that is not named here goes by its own name.
GATEWAYS = {VONAGE: N_("Texts (Vonage)"), VONAGE_VOICE: N_("Calls (Vonage)"), "smtp": N_("Mail (SMTP)")}
#: Of which a share in percent says something.
ENOUGH = 20


@blueprint.get("/delivery", endpoint="delivery")
@support_required
def delivery_page() -> str:
    """``?period=30d``: the last 30 days; whatever else: the last 24 hours."""
    month = request.args.get("period") == "30d"
    found = figures(hourly=not month)
    return render_template(
        "support/delivery.html",
        found=found,
        month=month,
        columns=charts.columns([_stack(tally) for _start, tally in found.by_time]),
        chart_height=charts.HEIGHT,
        slowest=max((tally.to_delivery.p95 or 0 for tally in found.channels.values()), default=0),
        percent_of=charts.share,
        share=share,
        by_country=_named(found, places.countries()),
        by_sender=_most_first(found.senders),
        country=lambda code: _country(code, places.countries()),
        each=each,
        channels=CHANNELS,
        budget=budget.today(),
        stopped=[
            (_(GATEWAYS[name]) if name in GATEWAYS else name, reason) for name, reason in circuits.all_open()
        ],
        pauses=pauses.active(),
        receipts=bool(settings().vonage_signature_secret),
        money=money,
        meanings=MEANINGS,
        words=_words(),
        day=day,
        decimal=decimal,
    )


def _words() -> dict[str, dict[Any, str]]:
    """What stands above the large numbers; ``sent`` by channel and whether it is of a month."""
    return {
        "sent": {
            ("sms", False): _("Texts sent, last 24 hours"),
            ("sms", True): _("Texts sent, last 30 days"),
            ("voice", False): _("Calls sent, last 24 hours"),
            ("voice", True): _("Calls sent, last 30 days"),
        },
        "waiting": {"sms": _("Texts waiting"), "voice": _("Calls waiting")},
    }


def day(at: datetime) -> str:
    """ "24 Nov", without a zone: hours and days of this page are UTC."""
    month = locale().months["format"]["abbreviated"][at.month]
    return _("%(day)s %(month)s", day=f"{at:%d}", month=month)


def _stack(tally: Tally) -> list[tuple[str, int]]:
    return [
        ("delivered", tally.delivered),
        ("open", tally.not_known + tally.waiting),
        ("failed", tally.failed + tally.expired),
    ]


def _named(found: Figures, names: dict[str, str]) -> list[tuple[str, str, Tally]]:
    return [(channel, _country(code, names), tally) for channel, code, tally in _most_first(found.countries)]


def _country(code: str, names: dict[str, str]) -> str:
    return _("No country") if code == NOWHERE else names.get(code, code)


def _most_first(tallies: dict[tuple[str, str], Tally]) -> list[tuple[str, str, Tally]]:
    rows = [(channel, name, tally) for (channel, name), tally in tallies.items()]
    return sorted(rows, key=lambda row: (-row[2].promised, row[0], row[1]))


def each(counted: Counter[str], name: Callable[[str], str] = str) -> str:
    """ "United Kingdom 12, Ireland 3, and 4 more": the three largest by name."""
    first = counted.most_common(3)
    nothing = _("not noted")
    told = [f"{name(key) or nothing} {thousands(number)}" for key, number in first]
    rest = counted.total() - sum(number for _key, number in first)
    return ", ".join([*told, *([ngettext("and %(num)s more", "and %(num)s more", rest)] if rest else [])])


def share(part: int, whole: int) -> str:
    """ "3 of 4", and where there are enough of them "90 of 100 (90 %)": a share is never without what it is of."""
    if not whole:
        return "–"
    if whole < ENOUGH:
        return _("%(part)s of %(whole)s", part=part, whole=whole)
    percent = 100 * part / whole
    # Neither all nor none is said of what is nearly so.
    if 0 < percent < 1:
        return _("%(part)s of %(whole)s (under 1 %%)", part=part, whole=whole)
    if 99 < percent < 100:
        return _("%(part)s of %(whole)s (over 99 %%)", part=part, whole=whole)
    return _("%(part)s of %(whole)s (%(percent)s %%)", part=part, whole=whole, percent=round(percent))


def money(tally: Tally) -> str:
    """ "12.40 EUR", from receipts; four decimals below one, since a text costs a few hundredths."""
    return ", ".join(f"{_amount(amount)} {currency}" for currency, amount in tally.costs) or "–"


def _amount(amount: float) -> str:
    if amount < 1:
        return decimal(f"{amount:.4f}")
    whole, _point, cents = f"{amount:.2f}".partition(".")
    return thousands(int(whole)) + decimal(f".{cents}")
