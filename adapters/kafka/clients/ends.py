"""How far an idle partition's watermark may go: to the moment of a look at its end, less a margin.

Only where the broker stamps records as it appends them. At t a request goes out for the end of each partition; once
everything before that end has been read, no record to come has a time before t, by the broker's clock. The margin is
for clocks that differ, and for records that are appended but not yet visible to readers.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from concurrent.futures import Future

    from adapters.kafka.clients.consumer import Place

SECOND: Final = 1000
PATIENCE: Final = 10.0
"""Seconds that a look may take."""


def now() -> int:
    """Give the time of day in milliseconds since the epoch: it is compared with what brokers stamp."""
    return int(time.time() * 1000)  # noqa: TID251 (compared with the broker's clock)


class Ends:
    """Looks at the ends of partitions, once a second just after the margin past the whole second."""

    def __init__(self, client: Mapping[str, Any], places: Sequence[Place], margin: int) -> None:
        """Prepare for `places`; `margin` is in milliseconds."""
        self._client = dict(client)
        self._places = places
        self._margin = margin
        self._admin = AdminClient(self._client) if places else None
        self._requests: dict[Place, Future[Any]] = {}
        self._requested_at = 0
        self._waiting: dict[Place, tuple[int, int]] = {}
        self.errors = 0
        """Looks that got no answer: the watermark waits for the next one."""

    def request(self) -> None:
        """Ask, if it is time to."""
        at = now()
        if self._admin is None or self._requests or at - self._margin < self._next():
            return
        self._requested_at = at
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        question = {TopicPartition(*place): latest for place in self._places}
        answers = self._admin.list_offsets(question, request_timeout=PATIENCE)
        self._requests = {(place.topic, place.partition): answer for place, answer in answers.items()}

    def reached(self, positions: Mapping[Place, int]) -> Iterator[tuple[Place, int]]:
        """Give each partition that has been read up to an end, and the log time that this reaches, milliseconds."""
        self._collect()
        for place, (end, until) in list(self._waiting.items()):
            if positions.get(place, -1) >= end:
                del self._waiting[place]
                yield place, until

    def _next(self) -> int:
        """The whole second after the last look's."""
        return ((self._requested_at - self._margin) // SECOND + 1) * SECOND

    def _collect(self) -> None:
        if not self._requests or not all(answer.done() for answer in self._requests.values()):
            return
        for place, answer in self._requests.items():
            try:
                end = answer.result().offset
            except KafkaException:
                self.errors += 1
                # A client asks the leader that it knows, at the epoch that it knows, until its metadata grow old, which
                # takes minutes: after a broker was away or a leader has moved only a new one is answered.
                self._admin = AdminClient(self._client)
            else:
                # A look that is still waited for is not put off: a partition that never rests must get somewhere.
                self._waiting.setdefault(place, (end, self._requested_at - self._margin))
        self._requests = {}
