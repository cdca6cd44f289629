"""Where meters were put up or taken down since the network's tables were drawn: a set that only grows.

A mounting is named by the place of its record in the raw topic, so that whoever reads the record again adds nothing.
What a message counts for follows from the set, from the message's own place and time, and from the version of the
network (`laid`), never from the order in which a process heard of mountings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

BELIEVED_MS: Final = 7 * 86_400_000
"""A mounting was so long before its message arrived at most; one by a clock that says else was when it arrived."""
NOWHERE: Final = ""


class Mounting(NamedTuple):
    """A meter hangs at a usage point from a moment on, or nowhere."""

    meter_id: str
    usage_point_id: str
    """`NOWHERE` of a meter that was taken down."""
    since: int
    """Milliseconds, by the clock of who put it up, where that can be."""
    log_time: int
    """Of its record."""
    partition: int
    """Of the raw topic of meters."""
    offset: int

    def fields(self) -> tuple[str, str, int, int, int, int]:
        """Give it in built-in types."""
        return self.meter_id, self.usage_point_id, self.since, self.log_time, self.partition, self.offset

    @property
    def name(self) -> tuple[int, int]:
        """What names it: the place of its record."""
        return self.partition, self.offset

    @property
    def turn(self) -> tuple[int, int, int, int]:
        """Of two that contradict each other the later one counts; no two are alike."""
        return self.since, self.log_time, self.partition, self.offset


class Seen(NamedTuple):
    """From where a message looks at mountings: the place of its record."""

    partition: int
    offset: int
    log_time: int

    def sees(self, mounting: Mounting) -> bool:
        """Whether a mounting was told before: earlier in its partition, or not later in another one."""
        if mounting.partition == self.partition:
            return mounting.offset < self.offset
        return mounting.log_time <= self.log_time


def believed(observed_at: int, received_at: int) -> int:
    """Give the moment (ms) that a message speaks of, by its arrival where its clock cannot be right."""
    return observed_at if received_at - BELIEVED_MS <= observed_at <= received_at else received_at


class Mountings:
    """All mountings that a process has heard of."""

    def __init__(self, known: Iterable[Mounting] = ()) -> None:
        self._by_name: dict[tuple[int, int], Mounting] = {}
        self.heard: list[Mounting] = []
        """In the order in which they were heard of, which nothing depends on."""
        self.take(known)

    def take(self, mountings: Iterable[Mounting]) -> None:
        """Add mountings; those that are known add nothing."""
        for mounting in mountings:
            if mounting.name not in self._by_name:
                self._by_name[mounting.name] = mounting
                self.heard.append(mounting)
