"""Rules: what goes wrong, and the clock."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.fuzz.people import Base
from tests.fuzz.phones import MOODS, Mood

moods = st.sampled_from(["fine", "fine", "fine", "fine", *MOODS])
#: Forward, mostly a little; and one hour back, as a clock that is mended.
moves = st.sampled_from([1, 31, 61, 299, 300, 601, 1801, 3601, 43_201, 86_400, 7 * 86_400, -3600])


class Faults(Base):
    @rule()
    def the_worker_works(self) -> None:
        self.world.work()

    @rule(what=st.sampled_from(["provider", "mail", "database", "provider"]), mood=moods)
    def something_breaks_or_is_mended(self, what: str, mood: Mood) -> None:
        """Provider and mail server until they are mended, the database (read-only) for one request."""
        if what == "database":
            self.world.read_only_next = mood != "fine"
        else:
            (self.world.sms if what == "provider" else self.world.mail).mood = mood

    @rule(seconds=moves)
    def time_passes(self, seconds: int) -> None:
        self.world.move(seconds=seconds)
