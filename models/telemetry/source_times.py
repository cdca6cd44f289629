"""When a value came to be: by its source, else by its server, else by its arrival. Microseconds since the epoch."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from models.times.iso8601 import YEAR_2000

TimeSource = Literal["source", "server", "arrival"]
FUTURE_US: Final = 60_000_000
"""A clock may be ahead of ours by so much; beyond it its time is absurd."""
_EARLIEST_US: Final = YEAR_2000 * 1000


class When(NamedTuple):
    """A moment, and whose clock has it."""

    at: int
    by: TimeSource

    @property
    def milliseconds(self) -> int:
        """The moment as events carry it."""
        return self.at // 1000


def choose_time(source: int | None, server: int | None, arrival: int, future: int = FUTURE_US) -> When:
    """Take the first of the times that can be: none before 2000 (1601 is OPC UA's nothing), none in the future."""
    for at, by in ((source, "source"), (server, "server")):
        if at is not None and _EARLIEST_US <= at <= arrival + future:
            return When(at, "source" if by == "source" else "server")
    return When(arrival, "arrival")


def time_note(when: When, source: int | None) -> str | None:
    """Say why a report does not bear the source's time; nothing where it does."""
    if when.by == "source":
        return None
    why = "absent" if source is None else "before 2000" if source < _EARLIEST_US else "in the future"
    return f"the source's time is {why}; the time is {'the server' if when.by == 'server' else 'the arrival'}'s"
