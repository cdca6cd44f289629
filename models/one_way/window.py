"""The receiver's window: frames go through it in the order of their numbers, repeats fall away, losses are told.

A frame that is missing is waited for while its copies may still come. What follows it waits with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.one_way.frames import Frame
    from models.one_way.heartbeat import Heartbeat

MOST_HELD: Final = 100_000
"""Frames that wait for one that is missing; with more it counts as lost."""


class Place(NamedTuple):
    """Up to where frames have gone through."""

    epoch: int
    number: int
    complete_to: int


class Loss(NamedTuple):
    """Frames that have not come. The times are milliseconds by the sender's clock."""

    epoch: int
    first: int
    last: int | None
    """None: the sender's later starts do not say how many there were."""
    begin: int
    """All up to here has come."""
    end: int
    """What was lost had been heard by then."""

    @property
    def frames(self) -> int:
        """Frames that are known to be lost."""
        return 0 if self.last is None else self.last + 1 - self.first


class _Held(NamedTuple):
    """A frame that waits, or the word that frames up to a number were sent."""

    arrival: int
    complete_to: int
    """All that was heard up to here stands in frames up to it; 0 not known."""
    sent_at: int
    frame: Frame | None


@dataclass(slots=True)
class Window:
    """One sender's frames. Arrivals are milliseconds of the receiver's steady clock."""

    wait_ms: int
    place: Place | None = None
    repeats: int = 0
    _held: dict[tuple[int, int], _Held] = field(default_factory=dict)
    _told: dict[tuple[int, int], _Held] = field(default_factory=dict)
    """By epoch and number, that frames up to it were sent."""
    _ended: dict[int, int] = field(default_factory=dict)

    def take(self, frame: Frame, now: int) -> None:
        """Take a frame that is no heartbeat."""
        if self.place is None:
            self.place = Place(frame.epoch, frame.number - 1, frame.complete_to)
        key = frame.epoch, frame.number
        if key <= self.place[:2] or key in self._held:
            self.repeats += 1
        else:
            self._held[key] = _Held(now, frame.complete_to, frame.sent_at, frame)

    def hear(self, frame: Frame, heartbeat: Heartbeat, now: int) -> None:
        """Take a heartbeat, and the frame that it came in."""
        if self.place is None:
            self.place = Place(frame.epoch, frame.number, frame.complete_to)
        told = dict.fromkeys(heartbeat.epochs, 0) | {(frame.epoch, frame.number): frame.complete_to}
        for key, complete_to in told.items():
            if key > self.place[:2]:
                self._told.setdefault(key, _Held(now, complete_to, frame.sent_at, None))
        self._ended.update(one for one in heartbeat.epochs if one[0] >= self.place.epoch)

    def release(self, now: int) -> Iterator[Frame | Loss]:
        """Give what can go on: frames in order, and between them what is lost for good."""
        while self.place is not None:
            epoch, number, _ = self.place
            held = self._held.pop((epoch, number + 1), None)
            if held is not None and held.frame is not None:
                self._advance(epoch, number + 1, held.complete_to)
                yield held.frame
            elif self._ended.get(epoch) == number and (later := self._next_epoch(epoch)) is not None:
                self._advance(later, 0, self.place.complete_to)
            elif (loss := self._lose(now)) is not None:
                yield loss
            else:
                return

    def _lose(self, now: int) -> Loss | None:
        assert self.place is not None  # noqa: S101 (its caller has looked)
        epoch, number, begin = self.place
        waiting = [key for key in (*self._held, *self._told) if key > (epoch, number)]
        if not waiting:
            return None
        key = min(waiting)
        held = self._held.get(key) or self._told[key]
        if now - held.arrival < self.wait_ms and len(self._held) < MOST_HELD:
            return None
        if key[0] > epoch:  # how the epoch ended is not known
            self._advance(key[0], 0, begin)
            return Loss(epoch, number + 1, None, begin, held.sent_at)
        last = key[1] - 1 if key in self._held else key[1]
        self._advance(epoch, last, held.complete_to if last == key[1] else begin)
        return Loss(epoch, number + 1, last, begin, held.sent_at)

    def _next_epoch(self, epoch: int) -> int | None:
        return min((each for each, _ in (*self._held, *self._told) if each > epoch), default=None)

    def _advance(self, epoch: int, number: int, complete_to: int) -> None:
        before = self.place.complete_to if self.place is not None else 0
        self.place = Place(epoch, number, max(before, complete_to))
        if self._told:
            self._told = {key: held for key, held in self._told.items() if key > (epoch, number)}
        for each in [one for one in self._ended if one < epoch]:
            del self._ended[each]
