"""Where a partition of a flow goes on that has no state: from a checkpoint, anew, or from where its outputs end."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import orjson

from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.clients.tail import find_bounds, last_records
from adapters.kafka.connectors.sink import EXPIRED, find_last_numbers
from adapters.kafka.records.checkpoints import CHECKPOINT_MS, Checkpoint, last_checkpoint
from adapters.kafka.records.output_record import sequence_of
from adapters.state.sealed import seal, unseal
from models.contracts.registry import output_of
from models.contracts.topics import OUTAGE_CLOCK
from models.timeline.life import ADDED, Start
from models.timeline.rows import digest_of
from models.times.iso8601 import format_time, parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import Any

    from confluent_kafka import Message

    from adapters.kafka.clients.consumer import Place
    from adapters.kafka.topics.cluster import Cluster
    from dataflows.following.declaration import Following
    from models.contracts.registry import ImportLog, Output
    from models.timeline.life import Life

log: Final = logging.getLogger("faultline")
TIME = "ce_time"
_WHAT = "a checkpoint"


@dataclass(frozen=True, slots=True)
class Starts:
    """Finds the starts of a flow's partitions."""

    following: Following
    cluster: Cluster
    organisation: str
    version: str
    _found: dict[int, Mapping[str, Any] | None] = field(default_factory=dict)
    """Checkpoints by partition, as long as its life is not open."""

    @property
    def identity(self) -> bytes:
        """What a checkpoint is of."""
        return orjson.dumps([self.following.name, self.organisation, self.following.layout])

    def checkpoint(self, life: Life, turn: int) -> Checkpoint:
        """Make a checkpoint of a partition."""
        return Checkpoint(turn, 0, self.identity, seal((self.version, life.save())))

    def find_checkpoint(self, partition: int) -> Mapping[str, Any] | None:
        """Find the newest checkpoint that the outputs are not behind of; None where there is none.

        Of another version of the code it is gone on from as from the outputs' ends: what is said since may be other.
        """
        imported = self.following.imported
        if imported is None:
            return None
        if partition not in self._found:
            self._found[partition] = self._find_checkpoint(imported, partition)
        return self._found[partition]

    def _find_checkpoint(self, imported: ImportLog, partition: int) -> Mapping[str, Any] | None:
        last = self._last_numbers(partition)
        ends = self._ends(partition, last)

        def fits(checkpoint: Checkpoint) -> bool:
            if checkpoint.identity != self.identity:
                return False
            sequences = unseal(checkpoint.state, _WHAT)[1]["sequences"]
            return all(number <= ends[name] for name, number in sequences.items())

        place = self.cluster.name(imported.checkpoints), partition
        found = last_checkpoint(self.cluster.client, place, fits)
        if found is None:
            return None
        log.info("partition %d goes on from the checkpoint of %s", partition, format_time(found.turn * CHECKPOINT_MS))
        version: str
        saved: Mapping[str, Any]
        version, saved = unseal(found.state, _WHAT)
        return saved if version == self.version else {**saved, "sequences": ends, "until": self._until(partition, last)}

    def take_checkpoint(self, partition: int) -> Mapping[str, Any] | None:
        """Give what `find_checkpoint` found, which is forgotten: it is large."""
        found = self.find_checkpoint(partition)
        self._found[partition] = None
        return found

    def find_start(self, partition: int) -> Start | None:
        """Find where to go on without a state; None where everything is there to be lived through again."""
        log = self.following.log
        stems = log.topics if log else self.following.followed
        bounds = find_bounds(self.cluster.client, [(self.cluster.name(stem), partition) for stem in stems])
        compacted = log is None and any(output_of(stem).compacted for stem in stems)
        if not compacted and all(begin == 0 for begin, _ in bounds.values()):
            return None
        outputs = self._outputs(partition)
        columnar = {name: place for name, (output, place) in outputs.items() if output.columnar}
        compact = {name: place for name, (output, place) in outputs.items() if output.compacted}
        published = {name: _last_by_key(self._read(place)) for name, place in compact.items() if name not in columnar}
        last = self._last_numbers(partition)
        return Start(
            sequences=self._ends(partition, last),
            until=self._until(partition, last),
            published=published,
            standing={name: self._find_standing(place, outputs[name][0].key) for name, place in columnar.items()},
        )

    def _outputs(self, partition: int) -> dict[str, tuple[Output, Place]]:
        return {
            output.name: (output, (self.cluster.name(output.topic), partition)) for output in self.following.outputs
        }

    def _last_numbers(self, partition: int) -> dict[Place, int]:
        places = [place for _, place in self._outputs(partition).values()]
        return find_last_numbers(self.cluster.client, places, sequence_of)

    def _ends(self, partition: int, last: Mapping[Place, int]) -> dict[str, int]:
        """Give the last number of each output."""
        # Where all records are gone by age, as many offsets were given as there were numbers at least.
        ends = {place: end for place, (_, end) in find_bounds(self.cluster.client, last).items()}
        numbers = {place: ends[place] if number == EXPIRED else number for place, number in last.items()}
        return {name: numbers[place] for name, (_, place) in self._outputs(partition).items()}

    def _until(self, partition: int, last: Mapping[Place, int]) -> int:
        """Give the last instant of which anything stands in the outputs; where all is gone by age, the clock's last."""
        places = list(last)
        if EXPIRED in last.values():
            places.append((self.cluster.name(OUTAGE_CLOCK), partition))
        return max((_time_of(self._end(place)) for place in places), default=0)

    def _find_standing(self, place: Place, key: str) -> dict[str, int]:
        """Give the digest of the last record of each key: records may be millions."""
        standing: dict[str, int] = {}
        with RangeReader(self.cluster.client) as reader:
            for message in reader.records(reader.locate(*place)):
                _take_last(standing, message, lambda record: digest_of(_without(record, {key})))
        return standing

    def _read(self, place: Place) -> list[Message]:
        return last_records(self.cluster.client, [place], lambda *_: False, 1000)[place]

    def _end(self, place: Place) -> list[Message]:
        return last_records(self.cluster.client, [place], lambda _, some: bool(some), 1)[place]


def _last_by_key(messages: list[Message]) -> dict[str, Any]:
    """Give the last record of each key without what the frame adds; a tombstone takes it away."""
    last: dict[str, Any] = {}
    for message in messages:
        _take_last(last, message, dict)
    return last


def _take_last(last: dict[str, Any], message: Message, make: Callable[[dict[str, Any]], Any]) -> None:
    key, value = (message.key() or b"").decode("utf-8", "replace"), message.value()
    if value is None:
        last.pop(key, None)
    else:
        last[key] = make(_without(orjson.loads(value), ADDED))


def _without(record: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in names}


def _time_of(messages: list[Message]) -> int:
    stamp = dict(messages[-1].headers() or []).get(TIME) if messages else None
    return parse_time(stamp.decode()) if isinstance(stamp, bytes) else 0
