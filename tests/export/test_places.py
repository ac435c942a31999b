"""Who gets a place for a download in a web process, and who loses it for taking nothing."""

from collections.abc import Callable

import pytest

from services.exports.places import LEAST, WINDOW, NoPlace, Place, Places, TooSlow

PIECE = 64 * 1024


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the time that waiting is measured by."""
    moment = 1000.0

    def move(seconds: float) -> None:
        nonlocal moment
        moment += seconds

    monkeypatch.setattr("services.exports.places.monotonic", lambda: moment)
    return move


def test_one_account_gets_half_of_the_places_and_two_get_all() -> None:
    found = Places(6)
    first = [found.take(1) for _ in range(3)]
    with pytest.raises(NoPlace) as refused:
        found.take(1)
    assert refused.value.of_account
    for _ in range(3):
        found.take(2)
    with pytest.raises(NoPlace) as refused:
        found.take(3)
    assert not refused.value.of_account
    first[0].leave()
    first[0].leave()
    found.take(3)
    with pytest.raises(NoPlace):
        found.take(4)


def _takes(place: Place, clock: Callable[[float], None], *, seconds: float, until: float) -> None:
    """A piece each so many seconds."""
    waited = 0.0
    while waited < until:
        place.asked()
        place.handed(PIECE)
        clock(seconds)
        waited += seconds


def test_who_takes_a_mebibyte_in_five_minutes_goes_on_for_hours(clock: Callable[[float], None]) -> None:
    _takes(Places(6).take(1), clock, seconds=WINDOW * PIECE / LEAST / 2, until=4 * 3600)


def test_who_takes_less_is_cut_off(clock: Callable[[float], None]) -> None:
    with pytest.raises(TooSlow):
        _takes(Places(6).take(1), clock, seconds=WINDOW * PIECE / LEAST * 2, until=2 * WINDOW)


def test_what_the_database_takes_is_no_readers_fault(clock: Callable[[float], None]) -> None:
    place = Places(6).take(1)
    for _ in range(10):
        place.asked()
        clock(2 * WINDOW)
        place.handed(PIECE)


def test_a_server_that_waits_in_a_send_is_woken_once_and_not_for_a_later_request(
    clock: Callable[[float], None],
) -> None:
    hung_up: list[str] = []
    found = Places(6)
    stalled, done = found.take(1), found.take(2)
    for place, name in ((stalled, "stalled"), (done, "done")):
        place.asked()
        place.handed(PIECE)
        place.hangs_up_by(lambda name=name: hung_up.append(name))  # type: ignore[misc]
    done.leave()
    clock(WINDOW + 1)
    for place in (stalled, stalled, done):
        with pytest.raises(TooSlow):
            place.asked()
    assert hung_up == ["stalled"]
    stalled.leave()
