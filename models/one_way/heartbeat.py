"""The sender's heartbeat: how far its numbers go, where those of earlier starts ended, and whom the last frames name.

By it a receiver counts what was lost at the end and over restarts, and knows which devices a loss may concern.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable

TOLD_EPOCHS: Final = 32
TOLD_SECTIONS: Final = 5
KEPT_SECTIONS: Final = 1_000


class Section(NamedTuple):
    """Frames that follow each other, and the devices whose events they carry; None: too many to be named."""

    first: int
    last: int
    devices: frozenset[str] | None


class Heartbeat(NamedTuple):
    """What a heartbeat tells."""

    epochs: list[tuple[int, int]]
    """Earlier epochs and their last numbers, up to `TOLD_EPOCHS`."""
    sections: list[Section]
    copies_seconds: float
    """How long after the first the last copy of a frame comes."""
    full_state_seconds: float

    def encode(self, most: int) -> bytes:
        """Write it into at most so many bytes: sections that do not fit lose their devices."""
        sections = [(one.first, one.last, sorted(one.devices) if one.devices is not None else None) for one in self[1]]
        while True:
            told = orjson.dumps([self.epochs, sections, self.copies_seconds, self.full_state_seconds])
            named = [place for place, one in enumerate(sections) if one[2]]
            if len(told) <= most or not named:
                return told
            place = max(named, key=lambda place: len(sections[place][2] or ()))
            sections[place] = (*sections[place][:2], None)


def decode(payload: bytes) -> Heartbeat:
    """Read a heartbeat; its seal was seen to."""
    epochs, sections, copies, full_state = orjson.loads(payload)
    read = [
        Section(first, last, frozenset(devices) if devices is not None else None) for first, last, devices in sections
    ]
    return Heartbeat([(epoch, last) for epoch, last in epochs], read, copies, full_state)


class Sections:
    """The sections that heartbeats have told of one epoch."""

    def __init__(self) -> None:
        self._epoch = 0
        self._told: deque[Section] = deque(maxlen=KEPT_SECTIONS)

    def take(self, epoch: int, sections: Iterable[Section]) -> None:
        """Take what a heartbeat tells; that of an earlier epoch is forgotten."""
        if epoch > self._epoch:
            self._epoch = epoch
            self._told.clear()
        newest = self._told[-1].last if self._told else 0
        if epoch == self._epoch:
            self._told += [one for one in sections if one.last > newest]

    def devices(self, epoch: int, first: int, last: int) -> frozenset[str] | None:
        """Name the devices whose events frames may have carried; None: it is not known, and so all."""
        if epoch != self._epoch:
            return None
        found: set[str] = set()
        for one in self._told:
            if one.last < first or one.first > last:
                continue
            if one.devices is None or one.first > first:
                return None
            found |= one.devices
            first = one.last + 1
        return frozenset(found) if first > last else None
