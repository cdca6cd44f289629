"""The clock: how far each origin has been read, which of them are left out, and the moment that follows from both.

The clock is the smallest watermark over the origins that are not left out, and never goes back. An origin is left out
while its watermark stands still and the evidence log goes on without it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from models.contracts.topics import OPERATOR_COMMANDS
from models.evidence.batch import END_OF_LOG
from models.times.units import SECOND

if TYPE_CHECKING:
    from models.evidence.batch import EvidenceBatch

LONGEST_STEP: Final = 1_000
"""The evidence log goes on by at most so much (ms) from one batch to the next: when nobody appends, nobody is late."""


def instant_of(log_time: int) -> int:
    """The instant (ms) at which evidence of a log time is taken: the first whole second after it."""
    return (log_time // SECOND + 1) * SECOND


def origin_topic(origin: str) -> str:
    """The raw topic of an origin, which is named `<topic>/<partition>`."""
    return origin.partition("/")[0]


def origin_partition(origin: str) -> int:
    """The partition of an origin within its raw topic."""
    return int(origin.partition("/")[2])


@dataclass(slots=True)
class Watermarks:
    """Watermarks by origin, in the order in which the origins joined; all times in milliseconds."""

    left_out_after: int
    """The log goes on by more than this without the origin: it is left out."""
    after_end: int = 0
    """How long time goes on once all origins have ended."""
    marks: dict[str, int] = field(default_factory=dict)
    moved_at: dict[str, int] = field(default_factory=dict)
    """By origin, `log_progress` when its watermark last rose."""
    left_out: list[str] = field(default_factory=list)
    clock: int = 0
    """Every instant up to here is complete."""
    last_log_time: int = 0
    first_log_time: int = 0
    """The earliest at which any origin began; 0 while none is known."""
    appended_at: int | None = None
    """The latest append time of the evidence log; None while it has none, as in a replay of files."""
    log_progress: int = 0
    """How far the evidence log has gone on."""
    joined: dict[str, int] = field(default_factory=dict)
    """Origins that have joined, and how many partitions of their topics joined with them."""

    @property
    def last_instant(self) -> int:
        """The last instant that is complete: what comes with an earlier log time counts at the one after it."""
        return self.clock // SECOND * SECOND

    def join(self, origin: str, partitions: int = 1) -> None:
        """The clock waits for this origin from now on, and for those of its topic's other partitions."""
        if self.joined.get(origin) == partitions:
            return
        self.joined[origin] = partitions
        names = [origin, *(f"{origin_topic(origin)}/{number}" for number in range(partitions if partitions > 1 else 0))]
        for name in names:
            if name not in self.marks:
                self.marks[name] = 0
                self.moved_at[name] = self.log_progress

    def take(self, batch: EvidenceBatch, appended_at: int | None, *, continues: bool = False) -> None:
        """Move on with a batch of an origin that has joined.

        If it `continues` the origin with records after those before, an end that was said is taken back.
        """
        self._advance_log(appended_at)
        mark = self.marks[batch.origin]
        if batch.watermark > mark or (continues and batch.watermark < END_OF_LOG <= mark):
            self.marks[batch.origin] = batch.watermark
            self.moved_at[batch.origin] = self.log_progress
        self.last_log_time = max(self.last_log_time, batch.last_log_time)
        if first := batch.first_log_time or batch.last_log_time:
            self.first_log_time = min(self.first_log_time or first, first)
        self.left_out = [name for name, at in self.moved_at.items() if self._is_left_out(name, at)]
        self.clock = max(self.clock, self._clock())

    def stands_aside(self, batch: EvidenceBatch) -> bool:
        """Whether a batch is of operators' commands after the end of their feed: they are not of the storm.

        Their times are none of the storm's, so they neither hold nor move the clock; what they order counts at once.
        """
        of_commands = origin_topic(batch.origin) == OPERATOR_COMMANDS
        return of_commands and batch.watermark >= END_OF_LOG and self.marks.get(batch.origin, 0) >= END_OF_LOG

    def _advance_log(self, appended_at: int | None) -> None:
        if appended_at is None:
            return
        before = appended_at if self.appended_at is None else self.appended_at
        self.appended_at = max(before, appended_at)
        self.log_progress += min(self.appended_at - before, LONGEST_STEP)

    def _is_left_out(self, name: str, moved_at: int) -> bool:
        return self.log_progress - moved_at > self.left_out_after and self.marks[name] < END_OF_LOG

    @property
    def ended(self) -> bool:
        """Whether every origin has been read to its end."""
        return bool(self.last_log_time) and all(at >= END_OF_LOG for at in self.marks.values())

    def _clock(self) -> int:
        """At the end of all origins it goes on from the instant after the last log time; if nobody moves it stands."""
        left_out = set(self.left_out)
        smallest = min((at for name, at in self.marks.items() if name not in left_out), default=END_OF_LOG)
        if smallest < END_OF_LOG:
            return smallest
        return instant_of(self.last_log_time) + self.after_end if self.ended else 0
