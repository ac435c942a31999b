"""What the streams of both databases share: sizes, counts and the fault that no reader may take for an end."""

from dataclasses import dataclass

CHUNK = 64 * 1024


class BrokenStream(Exception):
    """The database stopped in the middle, or told another number of rows than it sent."""


@dataclass
class Tally:
    """Rows in the chunks that were handed over."""

    rows: int = 0
