"""The clock for whoever follows the outputs: instants that are complete, told as they pass.

What is told depends on the instants alone, not on the batches that made them complete: one record after each instant
that wrote anything and one each whole minute. Between two records nothing was written, so a reader may live through its
own timers there. On a log it begins with the first record that any origin ever had, since a partition without evidence
needs a clock as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from models.contracts.topics import (
    NETWORK_ABNORMAL,
    OPERATOR_ANSWERS,
    OUTAGE_LIFECYCLE,
    OUTAGE_MEMBERSHIP,
    OUTAGE_RESTORATION,
    OUTAGE_STATE,
    SAFETY_BACKFEED,
    ZONE_HEALTH,
)
from models.times.iso8601 import LATEST, format_time

if TYPE_CHECKING:
    from models.outages.publishing import Publisher

MINUTE: Final = 60_000
DAY: Final = 1440 * MINUTE
SILENCE: Final = 31 * DAY
"""After so long without evidence or a due timer, and each time that span has doubled, a record is enough: a line from
years ago, or a mark that is years ahead, would make millions."""
TOPICS: Final = {
    "lifecycle": OUTAGE_LIFECYCLE,
    "restorations": OUTAGE_RESTORATION,
    "membership": OUTAGE_MEMBERSHIP,
    "states": OUTAGE_STATE,
    "answers": OPERATOR_ANSWERS,
    "abnormal": NETWORK_ABNORMAL,
    "health": ZONE_HEALTH,
}
"""What the clock speaks of, by the publisher's names."""
LATER: Final = {"backfeed": SAFETY_BACKFEED}
"""The same of what it speaks of from the first record on."""


@dataclass(slots=True)
class Completed:
    """How far the clock has been told; times in milliseconds."""

    at: int = 0
    """The last instant told, or just before the first one that may be; 0 before anything is known."""
    lived: int = 0
    """The last instant at which anything was to be done."""
    written: int = 0
    """Records of all topics up to `at`."""


class InstantClock:
    """Tells the clock of one evidence partition while instants are lived through."""

    def __init__(self, completed: Completed, publisher: Publisher, evidence_partition: int) -> None:
        self._completed = completed
        self._publisher = publisher
        self._evidence_partition = evidence_partition

    def begin(self, at: int) -> None:
        """Begin with an instant, unless it has begun."""
        if not self._completed.at:
            self._completed.at = self._completed.lived = at - 1

    def pass_until(self, until: int) -> None:
        """Tell the whole minutes up to an instant, this one included; nothing was written at them."""
        completed = self._completed
        if not completed.at:
            return
        until = min(until, LATEST)
        # After a long silence an instant that writes nothing is not told, but the minutes before it are passed.
        passed = max(completed.at, completed.lived)
        for minute in range((passed // MINUTE + 1) * MINUTE, until + 1, MINUTE):
            if minute - completed.lived > SILENCE:
                self._pass_silence(until)
                return
            self._tell(minute)

    def lived(self, now: int) -> None:
        """Tell an instant at which something was done, if anything was written or it is a whole minute."""
        self._completed.lived = now
        if now % MINUTE == 0 or self._written() != self._completed.written:
            self._tell(now)

    def _pass_silence(self, until: int) -> None:
        first, span = self._completed.lived // DAY * DAY, 2 * SILENCE
        while first + span <= until:
            if first + span > self._completed.at:
                self._tell(first + span)
            span *= 2

    def _written(self) -> int:
        sequences = self._publisher.sequences
        return sum(sequences.get(name, 0) for name in (*TOPICS, *LATER))

    def _tell(self, instant: int) -> None:
        completed, publisher = self._completed, self._publisher
        completed.at, completed.written = instant, self._written()
        at = format_time(instant)
        record: dict[str, Any] = {
            "event_id": f"{self._evidence_partition}:{at}",
            "schema_version": 1,
            "organisation": publisher.partition.writer.organisation,
            "evidence_partition": self._evidence_partition,
            "updated_at": at,
            "sequences": {topic: publisher.sequences[name] for name, topic in TOPICS.items()}
            | {topic: said for name, topic in LATER.items() if (said := publisher.sequences.get(name, 0))},
        }
        publisher.tell_clock(record)
