"""What a flow behind the outages needs, found and checked as a whole before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from inspect import getsourcefile
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.connection.reach import unreachable
from adapters.kafka.connectors.table_import import TableSetup
from dataflows.following.declaration import Equipment
from dataflows.following.starts import Starts
from dataflows.service.code_version import code_version
from dataflows.service.preparation import Gathered, placement, reach_cluster
from models.contracts.topics import OUTAGE_CLOCK
from models.digest import digest
from models.refusal import FaultsError
from models.timeline.life import Life

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from adapters.kafka.clients.consumer import Fence, Place
    from adapters.kafka.topics.cluster import Cluster
    from adapters.state.folder import Identity
    from dataflows.following.declaration import Following
    from dataflows.following.settings import FollowingSettings


@dataclass(frozen=True, slots=True)
class PreparedFollowing:
    """What such a flow runs with."""

    following: Following
    settings: FollowingSettings
    cluster: Cluster
    version: str
    equipment: Equipment
    starts: Starts

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
        cluster, imported = self.cluster, self.following.imported
        assert imported is not None  # noqa: S101  tables come by a log
        stems = (*(table.topic for table in self.following.tables), *self.following.imports)
        read = {cluster.name(stem): stem for stem in stems}
        with RangeReader(cluster.client) as reader:
            named = [*read, *map(cluster.name, self.following.sends)]
            partitions = {topic: reader.partitions(topic) for topic in named}
        return TableSetup(
            origin=imported.origin,
            client=client,
            group=f"{self.group}{cluster.group_suffix}",
            log=cluster.name(imported.topic),
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
        """Open a partition: from its state, from a checkpoint, anew, or from where its outputs end."""
        if saved is None:
            saved = self.starts.take_checkpoint(partition)
        start = self.starts.find_start(partition) if saved is None else None
        following = self.following
        model = partial(following.model, *self.equipment.arguments)
        return Life(model, following.outputs, self.settings.organisation, saved, start)


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
    version = f"{code_version()}+{_own_code(following)}"
    starts = Starts(following, cluster, settings.organisation, version)
    return PreparedFollowing(following, settings, cluster, version, equipment, starts)


def _partitions(settings: FollowingSettings) -> int:
    """A flow behind the outages has as many partitions as their clock."""
    with RangeReader(settings.connection().client_settings()) as reader:
        return reader.partitions(settings.topic_prefix + OUTAGE_CLOCK)


def _own_code(following: Following) -> str:
    source = getsourcefile(following.model)
    return digest(Path(source).read_bytes()) if source else ""
