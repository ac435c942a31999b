"""How texts and calls fare: for support, who are asked why a code does not come."""

from collections import Counter
from collections.abc import Callable

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
from services.number_places import NOWHERE
from services.sending import budget, pauses

CHANNELS = {"sms": "Texts", "voice": "Calls"}
#: What a gateway is called here; one that is not named here goes by its own name.
GATEWAYS = {VONAGE: "Texts (Vonage)", VONAGE_VOICE: "Calls (Vonage)", "smtp": "Mail (SMTP)"}
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
        columns=charts.columns([_stack(tally) for _, tally in found.by_time]),
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
        stopped=[(GATEWAYS.get(name, name), reason) for name, reason in circuits.all_open()],
        pauses=pauses.active(),
        receipts=bool(settings().vonage_signature_secret),
        money=money,
        meanings=MEANINGS,
    )


def _stack(tally: Tally) -> list[tuple[str, int]]:
    return [
        ("delivered", tally.delivered),
        ("open", tally.not_known + tally.waiting),
        ("failed", tally.failed + tally.expired),
    ]


def _named(found: Figures, names: dict[str, str]) -> list[tuple[str, str, Tally]]:
    return [(channel, _country(code, names), tally) for channel, code, tally in _most_first(found.countries)]


def _country(code: str, names: dict[str, str]) -> str:
    return "No country" if code == NOWHERE else names.get(code, code)


def _most_first(tallies: dict[tuple[str, str], Tally]) -> list[tuple[str, str, Tally]]:
    rows = [(channel, name, tally) for (channel, name), tally in tallies.items()]
    return sorted(rows, key=lambda row: (-row[2].promised, row[0], row[1]))


def each(counted: Counter[str], name: Callable[[str], str] = str) -> str:
    """ "United Kingdom 12, Ireland 3, and 4 more": the three largest by name."""
    first = counted.most_common(3)
    told = [f"{name(key) or 'not noted'} {number:,}" for key, number in first]
    rest = counted.total() - sum(number for _, number in first)
    return ", ".join([*told, *([f"and {rest:,} more"] if rest else [])])


def share(part: int, whole: int) -> str:
    """ "3 of 4", and where there are enough of them "90 of 100 (90 %)": a share is never without what it is of."""
    if not whole:
        return "–"
    if whole < ENOUGH:
        return f"{part:,} of {whole:,}"
    percent = 100 * part / whole
    # Neither all nor none is said of what is nearly so.
    told = "under 1" if 0 < percent < 1 else "over 99" if 99 < percent < 100 else f"{percent:.0f}"
    return f"{part:,} of {whole:,} ({told} %)"


def money(tally: Tally) -> str:
    """ "12.40 EUR", from receipts; four decimals below one, since a text costs a few hundredths."""
    return ", ".join(
        f"{amount:,.2f} {currency}" if amount >= 1 else f"{amount:.4f} {currency}" for currency, amount in tally.costs
    ) or "–"  # fmt: skip
