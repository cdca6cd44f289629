"""A storm's lines into the raw topics, as their writers would have sent them.

A record's create time is the file's log time at its line, its partition follows from its key, and lines are written in
the order of their log time: create times never fall within a partition. Marks say how far the feed has come.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final

from confluent_kafka import KafkaException, Producer

from adapters.kafka.playing.pace import POLL_SECONDS, Produced
from adapters.kafka.records.marks import Headers, mark_headers
from models.contracts.topics import RAW_TOPICS
from models.evidence.batch import END_OF_LOG
from models.ingest.record_keys import RecordKey, partition_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from threading import Event

    from confluent_kafka import KafkaError, Message

    from adapters.files.play import Played
    from adapters.kafka.playing.pace import Pace

SECOND: Final = 1000
EARLIEST: Final = 1
"""Create time before the first accepted line, whose log time is 0: to a client 0 means now."""
UNCHECKED_BYTES: Final = 128 << 10
"""Written between two looks at deliveries and readers."""
RECORD_BYTES: Final = 100
"""At most what a record costs besides key and value: its own head, a mark, and a batch's head if it is alone in it."""
FLUSH_SECONDS: Final = 120.0
PRODUCER: Final[Mapping[str, object]] = {
    "acks": "all",
    "enable.idempotence": True,
    "compression.type": "zstd",
    "linger.ms": 20,
    "delivery.timeout.ms": int(FLUSH_SECONDS * SECOND),
    "message.max.bytes": 64 << 20,  # the topic decides
}


class FeedFailedError(Exception):
    """A record that did not arrive."""


@dataclass(frozen=True, slots=True)
class Tempo:
    """How a feed passes the time of the log."""

    speed: float | None = None
    """Seconds of the log in a second; None for as fast as it goes."""
    mark_ms: int | None = SECOND
    """A mark in every partition each so many milliseconds of log time; None for marks at the end only."""


class Feed:
    """Plays lines into raw topics. Not to be played twice."""

    def __init__(
        self, settings: Mapping[str, object], partitions: Mapping[str, int], prefix: str, tempo: Tempo, stop: Event
    ) -> None:
        """Write to the raw topics, whose `partitions` are given by their names without prefix, until told to `stop`."""
        self._partitions = partitions
        self._prefix = prefix
        self._tempo = tempo
        self._stop = stop
        self._producer = Producer({**settings, **PRODUCER, "on_delivery": self._delivered})
        self._keys = {topic: RecordKey(topic) for topic in RAW_TOPICS}
        self._open = set(partitions)
        self._pace: Pace | None = None
        self._marked = 0
        self._unchecked = 0
        self._begun: tuple[float, int] | None = None
        self._failure: str | None = None
        self.written = Produced()
        self.records: Counter[str] = Counter()
        """Lines written, by topic."""
        self.blank = 0
        """Lines left out because they are blank."""
        self.marks = 0
        self.delivered = 0
        """Records that the broker has acknowledged, marks included."""
        self.log_time = 0
        """How far the feed has come, in milliseconds."""

    def play(self, topics: list[str], lines: Iterable[Played], pace: Pace | None = None) -> bool:
        """Write all lines, whose `place` is that of the topic in `topics`; returns whether it came to the end.

        Raises `FeedFailedError` for a record that was not taken.
        """
        self._pace = pace
        try:
            return self._play(topics, lines)
        except FeedFailedError:
            self._producer.purge()
            raise

    def _play(self, topics: list[str], lines: Iterable[Played]) -> bool:
        for topic in self._open.difference(topics):
            self._end(topic)
        for log_time, place, _, value in lines:
            self._pass_time(log_time)
            if self._stop.is_set():
                break
            if value is None:
                self._end(topics[place])
            elif value.strip():
                self._write(topics[place], value, log_time)
            else:
                self.blank += 1
        self._flush()
        return not self._stop.is_set()

    def _write(self, topic: str, value: bytes, log_time: int) -> None:
        key = self._keys[topic].read(value)
        partition = partition_for(key, value, self._partitions[topic])
        self._send(topic, partition, key, value, log_time, None)
        self.records[topic] += 1
        if self._unchecked >= UNCHECKED_BYTES:
            self._check()

    def _end(self, topic: str) -> None:
        self._open.discard(topic)
        self._mark_topic(topic, END_OF_LOG)

    def _pass_time(self, log_time: int) -> None:
        """Come to a line: wait until its time where there is a speed, and mark the seconds on the way."""
        if log_time and self._tempo.speed:
            self._begun = begun, first = self._begun or (monotonic(), log_time)
            while (due := begun + (log_time - first) / SECOND / self._tempo.speed) > (now := monotonic()):
                self._mark(first + int((now - begun) * self._tempo.speed * SECOND))
                self._check()
                if self._stop.wait(min(due - now, POLL_SECONDS)):
                    return
        self._mark(log_time)

    def _mark(self, log_time: int) -> None:
        """Say everywhere that all before this second has been written; what follows is not older."""
        self.log_time = max(self.log_time, log_time)
        step = self._tempo.mark_ms
        if step and log_time - self._marked >= step:
            self._marked = log_time // step * step
            for topic in sorted(self._open):
                self._mark_topic(topic, self._marked)

    def _mark_topic(self, topic: str, before: int) -> None:
        headers = mark_headers(before)
        for partition in range(self._partitions[topic]):
            self._send(topic, partition, None, b"", min(before, self.log_time), headers)
            self.marks += 1

    def _send(
        self, topic: str, partition: int, key: bytes | None, value: bytes, at: int, headers: Headers | None
    ) -> None:
        name = self._prefix + topic
        size = len(value) + len(key or b"") + RECORD_BYTES
        while True:
            try:
                self._producer.produce(name, value, key, partition, timestamp=max(at, EARLIEST), headers=headers or [])
                break
            except BufferError:
                self._producer.poll(POLL_SECONDS)
                self._raise_failure()
            except KafkaException as error:
                raise FeedFailedError(f"topic {name}, partition {partition}: {_failure_text(error.args[0])}") from error
        self.written.records[name, partition] += 1
        self.written.bytes[name, partition] += size
        self._unchecked += size

    def _check(self) -> None:
        """Look at what has been delivered, and let the readers catch up."""
        self._unchecked = 0
        self._producer.poll(0)
        self._raise_failure()
        while self._pace and self._pace.behind(self.written) and not self._stop.is_set():
            self._producer.poll(POLL_SECONDS / 2)
            self._raise_failure()

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            self.delivered += 1
        elif self._failure is None:
            self._failure = f"topic {message.topic()}, partition {message.partition()}: {_failure_text(error)}"

    def _flush(self) -> None:
        left = self._producer.flush(FLUSH_SECONDS)
        self._raise_failure()
        if left:
            raise FeedFailedError(
                f"{left} records were not acknowledged within {FLUSH_SECONDS:.0f} s; see to the broker"
            )

    def _raise_failure(self) -> None:
        if self._failure:
            raise FeedFailedError(self._failure)


def _failure_text(error: KafkaError) -> str:
    return f"a record was not taken: {error.str().lower()}; see to the broker and the topic, and feed it anew"
