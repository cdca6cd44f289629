"""Which start of a process has a partition: a number beside the offsets that are committed for lag tools.

A producer hears that it is fenced only when it writes, so a process with nothing to write would stay beside its
successor. Therefore each start counts one on, and who reads a higher number than its own has been replaced. That is
heard soon, while nothing happens; what keeps the older one from writing is the transactional id.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from confluent_kafka import KafkaException, TopicPartition

from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Collection

    from confluent_kafka import Consumer

START_SECONDS: Final = 10.0
CHECK_SECONDS: Final = 1.0
"""A broker that is away says nothing, and keeps nobody waiting."""
Partition = tuple[str, int]
"""A topic's full name and the number of a partition."""
_START: Final = re.compile(r"start=(\d{1,9})")


class ReplacedError(FaultsError):
    """Another process has taken a partition over."""


class Succession:
    """The number of this start, by partition, in the name of a consumer's group."""

    def __init__(self, consumer: Consumer, places: Collection[Partition]) -> None:
        """Come after all who had these partitions. Where that cannot be read, nothing is counted nor compared."""
        self._consumer, self._places = consumer, sorted(places)
        self._own = {place: number + 1 for place, number in self._read(START_SECONDS).items()}

    def committed_as(self, place: Partition, offset: int) -> TopicPartition:
        """Give an offset to commit, with the number of this start."""
        own = self._own.get(place)
        return TopicPartition(*place, offset) if own is None else TopicPartition(*place, offset, f"start={own}")

    def check(self) -> None:
        """Raise `ReplacedError` if a later start has committed."""
        for place, number in self._read(CHECK_SECONDS).items():
            own = self._own.get(place)
            if own is not None and number > own:
                taken = f"{place[0]}/{place[1]} was taken over by another process (start {number}, this is {own})"
                remedy = "if both are meant to run, give each its own --process and the same --processes"
                raise ReplacedError([f"{taken}: this one ends; {remedy}"])

    def _read(self, seconds: float) -> dict[Partition, int]:
        try:
            answers = self._consumer.committed([TopicPartition(*place) for place in self._places], timeout=seconds)
        except KafkaException:
            return {}
        found = ((answer, _START.fullmatch(answer.metadata or "")) for answer in answers if not answer.error)
        return {(answer.topic, answer.partition): int(start[1]) if start else 0 for answer, start in found}
