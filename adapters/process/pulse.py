"""The pulse of a flow: that it moves, that its epochs end, and that it has been asked to stop."""

from __future__ import annotations

import gc
import signal
import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

SELDOM: Final = (100_000, 20, 50)
"""Thresholds of the garbage collector: where hardly anything is on a cycle, it looks at all for nothing."""


class Pulse:
    """What the flow's thread tells and the others ask. All moments are of the monotonic clock, in seconds."""

    def __init__(self) -> None:
        self.on_beat: Callable[[], None] = lambda: None
        """Called whenever the flow moves."""
        self._stop = threading.Event()
        self.again: str | None = None
        """Why the flow ends by itself and is to be started again, with what to do."""
        self.started_at = time.monotonic()
        self.epoch_at: float | None = None
        """When the last epoch became durable."""
        self.caught_up = False
        """Whether the flow has come to the end of what it reads, once."""
        self.unread: set[str] = set()
        """Names of what has not been read to its end yet, where a flow reads several things."""
        self.hindrances: dict[str, str] = {}
        """By any name, what keeps the flow from doing all of its work, in words with what to do."""

    @property
    def stopping(self) -> bool:
        """Whether the flow has been asked to stop: it ends with a snapshot."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Ask the flow to stop."""
        self._stop.set()

    def start_again(self, why: str) -> None:
        """End the flow as if it had been asked to stop; whoever started it has to start it again."""
        self.again = self.hindrances["again"] = why
        self.stop()

    def beat(self) -> None:
        """The flow moves."""
        self.on_beat()

    def reached_end(self, name: str) -> None:
        """One of the things that the flow reads has been read to its end."""
        self.unread.discard(name)
        self.caught_up |= not self.unread

    def epoch(self) -> None:
        """An epoch has become durable."""
        self.epoch_at = time.monotonic()

    def epoch_age(self) -> float:
        """Seconds since the last epoch became durable, or since the start."""
        return time.monotonic() - (self.epoch_at or self.started_at)


def collect_seldom() -> None:
    """Let the garbage collector look seldom, and never at what is there now.

    Each record of Kafka is an object that it follows: by default it looks at all young ones every 700, for nothing,
    since they hold no cycles. That costs a flow a fifth of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*SELDOM)


def stop_on_signals(pulse: Pulse) -> None:
    """Let SIGTERM and SIGINT stop the flow cleanly; a second one ends the process at once, as by default."""

    def handle(number: int, _frame: object) -> None:
        pulse.stop()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)


def until_asked(beat: Callable[[], None]) -> Callable[[], bool]:
    """Let SIGTERM and SIGINT end a loop; gives what it asks at each turn, which is a beat, too."""
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())

    def stopping() -> bool:
        beat()
        return asked.is_set()

    return stopping
