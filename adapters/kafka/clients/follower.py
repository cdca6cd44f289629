"""A thread that follows topics and hands on what comes: for those who answer from memory while a topic goes on."""

from __future__ import annotations

import logging
import time
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final

from adapters.kafka.clients.consumer import PartitionReader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from confluent_kafka import Message

RECORDS_AT_ONCE: Final = 5000
LOOK_SECONDS: Final = 0.1
log: Final = logging.getLogger("faultline")


class Follower:
    """Follows partitions from given offsets. Whoever starts it closes it."""

    def __init__(
        self,
        client: Mapping[str, Any],
        name: str,
        offsets: Mapping[tuple[str, int], int],
        take: Callable[[str, Message], None],
        what: str,
    ) -> None:
        """Get ready; `take` is called by the thread with each topic and message, `what` are said to be followed."""
        self._reader = PartitionReader(client, name, offsets)
        self._take, self._what = take, what
        self._behind = set(offsets)
        self.failure: str | None = None
        """Why it follows no more."""
        self._stopping = Event()
        self._thread = Thread(target=self._follow, name=name, daemon=True)
        self.heard_at = time.monotonic()
        """When the broker was last heard of, by the process's clock."""

    def start(self) -> None:
        """Begin, once whoever takes the messages is ready."""
        self._thread.start()

    def close(self) -> None:
        """Stop following."""
        self._stopping.set()
        self._thread.join()
        self._reader.close()

    def lacking(self) -> list[str]:
        """Say why not all is known yet; nothing if it is."""
        if self.failure is not None:
            return [self.failure]
        return [f"{len(self._behind)} partitions are still being read"] if self._behind else []

    def _follow(self) -> None:
        try:
            while not self._stopping.is_set():
                polled = self._reader.poll(RECORDS_AT_ONCE, LOOK_SECONDS)
                for run in polled.runs:
                    for message in run.messages:
                        self._take(run.topic, message)
                self._behind -= polled.ends.keys()
                if polled.runs or polled.ends:
                    self.heard_at = time.monotonic()
        except Exception as error:
            # Not what it says: the error of a record names its fields, and a topic may be restricted.
            self.failure = f"{self._what} are followed no more: {type(error).__name__}; start it again"
            log.exception("%s are followed no more", self._what)
