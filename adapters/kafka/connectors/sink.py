"""Topics as a Bytewax sink that goes on where each partition ends.

Delivery: records carry a number that rises within a partition. When a partition is built, the number of its last record
is read, and from then on what comes with that number or a lower one is dropped. As the run is deterministic, a crash
shows nowhere. The epoch commits after everything is acknowledged (`snapshot`). What a killed process had in flight may
still land after the look: repeats of that much are the consumer's to drop, by event id.
"""

from __future__ import annotations

import logging
from itertools import chain
from typing import TYPE_CHECKING, Final

from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition
from typing_extensions import override

from adapters.kafka.clients.consumer import offset_of
from adapters.kafka.clients.tail import find_bounds, last_records
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from confluent_kafka import Message

    from adapters.kafka.clients.consumer import Place
    from adapters.kafka.clients.producer import BatchProducer, Outgoing


log: Final = logging.getLogger("faultline")
TAIL: Final = 8
"""Offsets that are looked at first: where records come in transactions, the last ones are marks of these."""
EXPIRED: Final = -1
"""The last number of a partition whose records are all gone by age: what comes next is taken as it is numbered."""


class ForeignTopicError(FaultsError):
    """A topic that does not hold what this state has written."""


class KafkaSink(FixedPartitionedSink["Iterable[Outgoing]", int]):
    """Writes records to partitions as they are made; the key of an item is its partition's name."""

    def __init__(
        self,
        producer: BatchProducer,
        places: Mapping[str, Place],
        last_numbers: Mapping[Place, int] | None = None,
        *,
        dense: bool = False,
    ) -> None:
        """Write to `places` by partition name; `last_numbers` are those of the records at their ends, None unnumbered.

        Where that is `EXPIRED` the state's number counts. Names sort as they are numbered: Bytewax counts partitions in
        the order of their names.
        """
        self._producer = producer
        self._places = places
        self._last_numbers = last_numbers
        self._dense = dense
        self._index = {name: index for index, name in enumerate(sorted(places))}

    @override
    def list_parts(self) -> list[str]:
        return list(self._places)

    @override
    def part_fn(self, item_key: str) -> int:
        return self._index[item_key]

    @override
    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> KafkaWriter:
        place = self._places[for_part]
        last = None if self._last_numbers is None else self._last_numbers.get(place, 0)
        if last == EXPIRED and resume_state is not None:
            last = resume_state
        if last is not None and resume_state is not None and resume_state > last:
            ends = f"{place[0]}/{place[1]} ends at number {last}, but the state has written up to {resume_state}"
            raise ForeignTopicError([f"{ends}; give the state that belongs to this topic, or start without one"])
        return KafkaWriter(self._producer, place, last, dense=self._dense)


class KafkaWriter(StatefulSinkPartition["Iterable[Outgoing]", int]):
    """One partition of a `KafkaSink`. Raises `DeliveryError`, and `ForeignTopicError` where numbers leave a gap."""

    def __init__(self, producer: BatchProducer, place: Place, last: int | None, *, dense: bool) -> None:
        self._producer = producer
        self._place = place
        self._last = last
        self._dense = dense

    @override
    def write_batch(self, values: list[Iterable[Outgoing]]) -> None:
        self._producer.send_all(*self._place, self._left(chain.from_iterable(values)))
        self._producer.poll()

    def _left(self, records: Iterable[Outgoing]) -> Iterator[Outgoing]:
        """Leave out what the topic has."""
        for outgoing in records:
            number = outgoing.number
            if self._last is not None and number >= 0:
                if number <= self._last:
                    self._refuse_ahead(outgoing)
                    self._producer.withhold(self._place[0], outgoing)
                    continue
                if number != self._last + 1:
                    self._check(number)
                self._last = number
            yield outgoing

    @override
    def snapshot(self) -> int:
        self._producer.flush()
        return self._last or 0

    def _refuse_ahead(self, outgoing: Outgoing) -> None:
        if outgoing.live:
            ends = f"{self._place[0]}/{self._place[1]} ends at number {self._last}, but state and log come to"
            remedy = "somebody else has written there: look at its last records, and begin anew with another prefix"
            raise ForeignTopicError([f"{ends} {outgoing.number - 1} only; {remedy}"])

    def _check(self, number: int) -> None:
        if self._dense and self._last not in {None, EXPIRED, number - 1}:
            ends = f"{self._place[0]}/{self._place[1]} ends at number {self._last} and the run goes on at {number}"
            raise ForeignTopicError([f"{ends}; give the state that belongs to this topic, or empty the topic"])


def find_last_numbers(
    client: Mapping[str, Any], places: Sequence[Place], number: Callable[[Message], int | None]
) -> dict[Place, int]:
    """Give the number of the last record of each partition; 0 where there was none yet, `EXPIRED` where all are gone.

    `number` gives None for a record that is not of Faultline: it is passed over, and told in the log.
    """
    records = last_records(client, places, lambda _, some: any(number(message) is not None for message in some), TAIL)
    last = {}
    for (topic, partition), some in records.items():
        numbers = {offset_of(message): number(message) for message in some}
        for offset, found in numbers.items():
            if found is None:
                log.warning("%s/%d, offset %d: is no record of Faultline; passed over", topic, partition, offset)
        last[topic, partition] = max((found for found in numbers.values() if found is not None), default=0)
    if without := [place for place, found in last.items() if not found]:
        last |= {place: EXPIRED for place, (begin, _) in find_bounds(client, without).items() if begin > 0}
    return last
