"""What a flow behind the outages needs, found and checked as a whole before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from inspect import getsourcefile
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.clients.tail import find_bounds, last_records
from adapters.kafka.connection.reach import unreachable
from adapters.kafka.connectors.sink import EXPIRED, find_last_numbers
from adapters.kafka.connectors.table_import import TableSetup
from adapters.kafka.records.output_record import sequence_of
from dataflows.following.declaration import Equipment
from dataflows.service.code_version import code_version
from dataflows.service.preparation import Gathered, placement, reach_cluster
from models.contracts.registry import output_of
from models.contracts.topics import OUTAGE_CLOCK
from models.digest import digest
from models.refusal import FaultsError
from models.timeline.life import ADDED, Life, Start
from models.timeline.rows import digest_of
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import Any

    from confluent_kafka import Message

    from adapters.kafka.clients.consumer import Fence, Place
    from adapters.kafka.topics.cluster import Cluster
    from adapters.state.folder import Identity
    from dataflows.following.declaration import Following
    from dataflows.following.settings import FollowingSettings

TIME = "ce_time"


@dataclass(frozen=True, slots=True)
class PreparedFollowing:
    """What such a flow runs with."""

    following: Following
    settings: FollowingSettings
    cluster: Cluster
    version: str
    equipment: Equipment

    @property
    def own_partitions(self) -> list[int]:
        """The partitions of this process."""
        return list(range(self.settings.process, self.cluster.evidence_partitions, self.settings.processes))

    @property
    def group(self) -> str:
        """What its consumer group and its transactional ids begin with."""
        return f"faultline-{self.following.name}"

    @property
    def imports_tables(self) -> bool:
        """Whether this process takes tables from outside into the log: one does it for all."""
        return bool(self.following.tables) and self.settings.process == 0

    def table_setup(self, client: Mapping[str, Any], fence: Fence | None) -> TableSetup:
        """Say what tables are imported, and where to."""
        log, cluster = self.following.log, self.cluster
        assert log is not None  # noqa: S101  tables come by a log
        stems = (*(table.topic for table in self.following.tables), *self.following.imports)
        read = {cluster.name(stem): stem for stem in stems}
        with RangeReader(cluster.client) as reader:
            named = [*read, *map(cluster.name, self.following.sends)]
            partitions = {topic: reader.partitions(topic) for topic in named}
        return TableSetup(
            origin=log.tables[0],
            client=client,
            group=f"{self.group}{cluster.group_suffix}",
            log=cluster.name(log.topic),
            partitions=cluster.evidence_partitions,
            clock=cluster.name(OUTAGE_CLOCK),
            readers={topic: self.equipment.readers[stem] for topic, stem in read.items()},
            topic_partitions=partitions,
            sends={stem: cluster.name(stem) for stem in self.following.sends},
            whole=frozenset(cluster.name(table.topic) for table in self.following.tables if table.compacted),
            version=self.version,
            fence=fence,
        )

    def places(self, partition: int) -> dict[str, Place]:
        """Give where the topics stand that a partition follows."""
        return {stem: (self.cluster.name(stem), partition) for stem in self.following.followed}

    def identity(self) -> Identity:
        """Say what a state of this process belongs to."""
        return {
            "flow": self.following.name,
            **placement(self.settings, self.cluster),
            "organisation": self.settings.organisation,
            "version of faultline": self.version,
            **self.equipment.identity,
        }

    def take_up(self, identity: Identity) -> None:
        """Nothing in a state changes how it is gone on with."""

    def open_life(self, partition: int, saved: Mapping[str, Any] | None) -> Life:
        """Open a partition: from its state, anew, or from where its outputs end."""
        start = self.find_start(partition) if saved is None else None
        following = self.following
        model = partial(following.model, *self.equipment.arguments)
        return Life(model, following.outputs, self.settings.organisation, saved, start)

    def find_start(self, partition: int) -> Start | None:
        """Find where to go on without a state; None where everything is there to be lived through again."""
        log = self.following.log
        stems = (log.topic,) if log else self.following.followed
        bounds = find_bounds(self.cluster.client, [(self.cluster.name(stem), partition) for stem in stems])
        compacted = log is None and any(output_of(stem).compacted for stem in stems)
        if not compacted and all(begin == 0 for begin, _ in bounds.values()):
            return None
        outputs = {
            output.name: (output, (self.cluster.name(output.topic), partition)) for output in self.following.outputs
        }
        places = [place for _, place in outputs.values()]
        # Where all records are gone by age, as many offsets were given as there were numbers at least.
        ends = {place: end for place, (_, end) in find_bounds(self.cluster.client, places).items()}
        last = find_last_numbers(self.cluster.client, places, sequence_of)
        columnar = {name: place for name, (output, place) in outputs.items() if output.columnar}
        compact = {name: place for name, (output, place) in outputs.items() if output.compacted}
        published = {name: _last_by_key(self._read(place)) for name, place in compact.items() if name not in columnar}
        return Start(
            sequences={
                name: ends[place] if last[place] == EXPIRED else last[place] for name, (_, place) in outputs.items()
            },
            until=max((_time_of(self._end(place)) for _, place in outputs.values()), default=0),
            published=published,
            standing={name: self._find_standing(place, outputs[name][0].key) for name, place in columnar.items()},
        )

    def _find_standing(self, place: Place, key: str) -> dict[str, int]:
        """Give the digest of what the last record of each key says: records may be millions."""
        standing: dict[str, int] = {}
        with RangeReader(self.cluster.client) as reader:
            for message in reader.records(reader.locate(*place)):
                _take_last(standing, message, lambda record: digest_of(_without(record, {key})))
        return standing

    def _read(self, place: Place) -> list[Message]:
        return last_records(self.cluster.client, [place], lambda *_: False, 1000)[place]

    def _end(self, place: Place) -> list[Message]:
        return last_records(self.cluster.client, [place], lambda _, some: bool(some), 1)[place]


def prepare_following(following: Following, settings: FollowingSettings) -> PreparedFollowing:
    """Find what the flow needs. Raises `FaultsError` with every fault."""
    gathered = Gathered()
    if faults := unreachable(settings.connection()):
        raise FaultsError(faults)
    partitions = gathered.find(lambda: _partitions(settings))
    cluster = gathered.find(lambda: reach_cluster(settings, partitions))
    equip = following.equip
    equipment = gathered.find(lambda: equip(settings)) if equip else Equipment((), {})
    if cluster is None or equipment is None or gathered.faults:
        raise FaultsError(gathered.faults)
    return PreparedFollowing(following, settings, cluster, f"{code_version()}+{_own_code(following)}", equipment)


def _partitions(settings: FollowingSettings) -> int:
    """A flow behind the outages has as many partitions as their clock."""
    with RangeReader(settings.connection().client_settings()) as reader:
        return reader.partitions(settings.topic_prefix + OUTAGE_CLOCK)


def _own_code(following: Following) -> str:
    source = getsourcefile(following.model)
    return digest(Path(source).read_bytes()) if source else ""


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
