"""Outages on canary zones, one after the other on each: messages into the raw topic, revisions out of their own topic.

Nothing is kept: who starts anew first lets every meter say that it has power, which ends what was left open.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from adapters.connectors.clock import now_ms
from adapters.kafka.clients.producer import Outgoing
from adapters.kafka.records.followed_record import ForeignRecordError, RecordReader
from models.canary.exercise import Exercise
from models.canary.messages import all_on, messages_of
from models.contracts.outputs.outage import OutageRecord
from models.contracts.registry import output_of
from models.contracts.topics import CANARY_LIFECYCLE
from models.ingest.record_keys import partition_for
from models.times.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adapters.kafka.clients.consumer import PartitionReader
    from adapters.kafka.clients.producer import RecordProducer
    from models.canary.exercise import Result
    from models.canary.feeders import Feeder
    from models.canary.messages import Message
    from models.outages.weights.parameters import Parameters

GROUP: Final = "faultline-canary"
LOOK_SECONDS: Final = 0.1
RECORDS_AT_ONCE: Final = 1000
SETTLING_MS: Final = 60 * SECOND
"""At the most, after the start and before the first outage: what was left open ends."""
log: Final = logging.getLogger("faultline")


class Rhythm(NamedTuple):
    """When outages are made on a zone, in milliseconds."""

    every: int
    """From one opening to the next."""
    lasting: int


class Topics(NamedTuple):
    """What is read and written."""

    reader: PartitionReader
    """Of the canaries' life cycle."""
    producer: RecordProducer
    meters: str
    """The raw topic's name."""
    partitions: int
    """It has so many."""


@dataclass(slots=True)
class _Zone:
    feeder: Feeder
    next_at: int
    turn: int
    """Which device is the next one: zones begin with different ones."""
    exercise: Exercise | None = None
    messages: list[Message] = field(default_factory=list)
    """Still to be sent: a heap by time."""


class Prober:
    """All canary zones of a network."""

    def __init__(
        self,
        feeders: Sequence[Feeder],
        topics: Topics,
        rhythm: Rhythm,
        parameters: Parameters,
        draw: Callable[[], float],
    ) -> None:
        """`draw` gives numbers from 0 to below 1."""
        now = now_ms()
        self._topics, self._rhythm, self._parameters, self._draw = topics, rhythm, parameters, draw
        self._settling = min(SETTLING_MS, rhythm.lasting)
        step = rhythm.every // max(len(feeders), 1)  # never all at once: the load is as even as it can be
        self._zones = {
            feeder.zone_id: _Zone(feeder, now + self._settling + place * step, place)
            for place, feeder in enumerate(feeders)
        }
        for zone in self._zones.values():
            self._settle(zone, now)
        self._records = RecordReader(output_of(CANARY_LIFECYCLE))
        self.on_result: Callable[[Feeder, Exercise, Result], None] = lambda *_: None
        """Told what became of each."""
        self.moved_at = time.monotonic()

    def run(self, stopping: Callable[[], bool]) -> None:
        """Go on until it is asked to stop. Raises `DeliveryError`, and what the reader raises."""
        while not stopping():
            self.step()
        self._topics.producer.flush()

    def step(self) -> None:
        """Look once at what has come and what is due."""
        for run in self._topics.reader.poll(RECORDS_AT_ONCE, LOOK_SECONDS).runs:
            for message in run.messages:
                try:
                    followed = self._records.read(message)
                except ForeignRecordError as error:
                    log.warning("%s/%d offset %s: %s", run.topic, run.partition, message.offset(), error)
                    continue
                if isinstance(followed.record, OutageRecord):
                    self._take(followed.record)
        now = now_ms()
        for zone in self._zones.values():
            self._move(zone, now)
        self._topics.producer.poll()
        self.moved_at = time.monotonic()

    def _take(self, record: OutageRecord) -> None:
        zone = self._zones.get(record.zone_id)
        if zone is not None and zone.exercise is not None:
            zone.exercise.take(record, now_ms())

    def _move(self, zone: _Zone, now: int) -> None:
        while zone.messages and zone.messages[0].at <= now:
            message = heappop(zone.messages)
            self._send(message, now)
            if zone.exercise is not None:
                zone.exercise.heard(now)
        if zone.exercise is not None and zone.exercise.due(now, len(zone.messages)):
            result = zone.exercise.result()
            self.on_result(zone.feeder, zone.exercise, result)
            zone.exercise = None
            if result.restored != "right":
                self._settle(zone, now)
        if zone.exercise is None and now >= zone.next_at:
            self._open(zone, now)

    def _settle(self, zone: _Zone, now: int) -> None:
        """Let all have power again, so that what is left open says nothing of the next outage."""
        zone.messages = all_on(zone.feeder.meters, now, self._parameters)
        zone.next_at = max(zone.next_at, now + self._settling)

    def _open(self, zone: _Zone, now: int) -> None:
        rhythm, opening = self._rhythm, zone.feeder.openings[zone.turn % len(zone.feeder.openings)]
        zone.turn += 1
        zone.next_at = now + rhythm.every
        closed_at = now + rhythm.lasting
        zone.exercise = Exercise(opening, now, closed_at, zone.next_at)
        for message in messages_of(opening.meters, now, closed_at, self._parameters, self._draw):
            heappush(zone.messages, message)
        log.info("canary: %s opens", opening.device_id)

    def _send(self, message: Message, now: int) -> None:
        key, value = message.meter_id.encode(), orjson.dumps(message.event(now))
        partition = partition_for(key, value, self._topics.partitions)
        self._topics.producer.send(self._topics.meters, partition, Outgoing(value, key))
