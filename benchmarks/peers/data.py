"""The storm on the topic: meters lose power, each says so once, and each message comes three times.

All is a function of the sizes and the seed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

FEEDERS: Final = 1_000
COPIES: Final = 3
START: Final = 1_782_900_000_000
RECORDS_A_MS: Final = 110
"""How fast the storm was when it came in."""
WINDOW_MS: Final = 10_000
"""A copy comes at most so long after the message."""
HOLD_OFF_MS: Final = 45_000
"""A meter waits at most so long before it speaks."""

_VALUE: Final = (
    b'{"event_id":"mesh-%09d","meter_id":"%b","kind":"last_gasp","observed_at":"%b","received_at":"%b",'
    b'"source":"mesh","voltage":118.5,"code":"3.26.9.185"}'
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a contender must find out."""

    dropped: int
    out: dict[str, int]
    """Meters out by feeder; feeders with all meters on are left out."""

    def __add__(self, other: Answer) -> Answer:
        """Put the answers of two processes together, each for its own partitions."""
        return Answer(self.dropped + other.dropped, dict(Counter(self.out) + Counter(other.out)))

    def differ(self, truth: Answer) -> str:
        """Say what is wrong; empty if nothing is."""
        feeders = {*self.out, *truth.out}
        wrong = sum(self.out.get(feeder) != truth.out.get(feeder) for feeder in feeders)
        if not wrong and self.dropped == truth.dropped:
            return ""
        copies = f"{self.dropped:,} copies dropped instead of {truth.dropped:,}"
        return f"{copies}, {wrong:,} of {len(feeders):,} feeders wrong"


@dataclass(frozen=True, slots=True)
class Storm:
    """A storm in which `gasps` of the meters lose power; the topic has three records of each."""

    meters: int
    gasps: int
    seed: int = 1

    @property
    def records(self) -> int:
        """How many records the topic has."""
        return self.gasps * COPIES

    def feeders(self) -> Iterator[tuple[str, str]]:
        """Give the table: every meter and its feeder, of which all have equally many."""
        for meter in range(self.meters):
            yield meter_id(meter), feeder_id(meter * FEEDERS // self.meters)

    def truth(self) -> Answer:
        """Return the answer, from the drawn lots and not from the records."""
        of_feeder = np.bincount(self._silenced() * FEEDERS // self.meters, minlength=FEEDERS)
        out = {feeder_id(feeder): count for feeder, count in enumerate(of_feeder.tolist()) if count}
        return Answer(self.records - self.gasps, out)

    def lines(self) -> Iterator[tuple[bytes, bytes]]:
        """Give key and value of every record, as they came in: copies stand among others' within ten seconds."""
        meters = self._silenced()
        chance = np.random.default_rng([self.seed, 1])
        sent = HOLD_OFF_MS + np.arange(self.gasps) * COPIES // RECORDS_A_MS
        observed = sent - chance.integers(0, HOLD_OFF_MS, self.gasps)
        delay = chance.integers(0, WINDOW_MS, (COPIES, self.gasps))
        delay[0] = 0
        received = (sent + delay).ravel()
        order = np.argsort(received, kind="stable")
        texts = [format_time(START + at).encode() for at in range(int(received.max(initial=0)) + 1)]
        for gasp, at in zip((order % self.gasps).tolist(), received[order].tolist(), strict=True):
            meter = meter_id(meters[gasp]).encode()
            yield meter, _VALUE % (gasp, meter, texts[observed[gasp]], texts[at])

    def _silenced(self) -> NDArray[np.int64]:
        """Draw the meters that lose power, in the order in which they say so."""
        return np.random.default_rng([self.seed, 0]).permutation(self.meters)[: self.gasps]


def meter_id(meter: int) -> str:
    return f"meter-{meter:07d}"


def feeder_id(feeder: int) -> str:
    return f"feeder-{feeder:04d}"
