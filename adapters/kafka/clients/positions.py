"""How far topics go, and how far a group of readers has come in them."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Self

    from adapters.kafka.clients.consumer import Place

ANSWER_SECONDS: Final = 10.0
LED_ANEW: Final = frozenset({KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE})


class Positions:
    """Asks a broker about partitions in the name of a group. All methods raise `KafkaException` without an answer."""

    def __init__(self, settings: Mapping[str, object], group: str) -> None:
        """Connect as `settings` say; the group is not joined."""
        self._consumer = Consumer({**settings, "group.id": group, "enable.auto.commit": False})

    def partitions(self, topics: Iterable[str]) -> dict[str, int]:
        """Give the number of partitions of each topic. Raises `FaultsError` with every topic that is not there."""
        # Asked for one topic by name, a broker may make it.
        found = self._consumer.list_topics(timeout=ANSWER_SECONDS).topics
        wanted = list(topics)
        faults = [
            f"topic {topic} is not on the broker: make it with `faultline topics create`"
            for topic in wanted
            if topic not in found
        ]
        if faults:
            raise FaultsError(faults)
        return {topic: len(found[topic].partitions) for topic in wanted}

    def committed(self, partitions: Iterable[Place]) -> dict[Place, int]:
        """Give the offset with which the group goes on in each partition; -1 where it has not said any."""
        answers = self._consumer.committed([TopicPartition(*each) for each in partitions], timeout=ANSWER_SECONDS)
        return {(answer.topic, answer.partition): max(_sound(answer), -1) for answer in answers}

    def bounds(self, partitions: Iterable[Place]) -> dict[Place, tuple[int, int]]:
        """Give for each partition the offset of the oldest record that it keeps, and that of the next to come."""
        requested = [TopicPartition(*each) for each in partitions]
        return {(each.topic, each.partition): self._bounds_of(each) for each in requested}

    def _bounds_of(self, place: TopicPartition) -> tuple[int, int]:
        """Ask once more where a partition's leader has just come, as that of a new topic."""
        deadline = monotonic() + ANSWER_SECONDS
        while True:
            try:
                bounds: tuple[int, int] = self._consumer.get_watermark_offsets(place, timeout=ANSWER_SECONDS)
            except KafkaException as error:
                if error.args[0].code() not in LED_ANEW or monotonic() > deadline:
                    raise
                self._consumer.list_topics(place.topic, timeout=ANSWER_SECONDS)  # who leads now
            else:
                return bounds

    def close(self) -> None:
        """Disconnect."""
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()


def _sound(answer: TopicPartition) -> int:
    if answer.error:
        raise KafkaException(answer.error)
    return int(answer.offset)
