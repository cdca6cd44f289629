"""What ingest needs, found and checked as a whole before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.records.networks.mountings import read_mountings
from adapters.kafka.records.networks.releases import read_releases
from adapters.kafka.records.zone_health import network_of
from adapters.network.shelf import NetworkShelf
from dataflows.service.code_version import code_version
from dataflows.service.preparation import PARTITIONS_OF, Gathered, begin_with, placement, reach_cluster
from models.evidence.routing import Routing
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.kafka.records.networks.releases import Releases
    from adapters.kafka.topics.cluster import Cluster
    from adapters.state.folder import Identity
    from dataflows.ingest.settings import IngestSettings
    from models.ingest.mounting.mountings import Mounting
    from models.network.network import Network


@dataclass(frozen=True, slots=True)
class PreparedIngest:
    """What ingest runs with."""

    settings: IngestSettings
    network: Network
    """With which it begins to read."""
    shelf: NetworkShelf
    routing: Routing
    cluster: Cluster
    releases: Releases
    releases_from: int
    """Offset from which further releases are to be read."""
    mountings: Sequence[Mounting]
    mountings_from: int
    """Offset from which further mountings of meters are to be read."""
    version: str

    def own_partitions(self, topic: str) -> list[int]:
        """Give the partitions of a raw topic that this process reads."""
        count = self.cluster.raw_partitions[topic]
        return list(range(self.settings.process, count, self.settings.processes))

    def identity(self) -> Identity:
        """Say what a state of this process belongs to. Ingest keeps offsets alone: code and network may change."""
        counts = {f"{PARTITIONS_OF}{topic}": str(count) for topic, count in self.cluster.raw_partitions.items()}
        return {"flow": "ingest", **placement(self.settings, self.cluster), **counts}

    def take_up(self, identity: Identity) -> None:
        """Nothing in a state changes how it is gone on with."""


def prepare_ingest(settings: IngestSettings) -> PreparedIngest:
    """Find what ingest needs. Raises `FaultsError` with every fault."""
    gathered = Gathered()
    shelf = NetworkShelf(settings.network)
    network = gathered.find(shelf.first)
    cluster = gathered.find(lambda: reach_cluster(settings, network.evidence_partitions if network else None))
    if network is None or cluster is None:
        raise FaultsError(gathered.faults)
    releases, offset = read_releases(cluster.client, cluster.prefix)
    begins = _begin(shelf, network, cluster, releases)
    routing = Routing.of(begins, begins.zone_partition, begins.evidence_partitions)
    mountings = read_mountings(cluster.client, cluster.prefix)
    return PreparedIngest(settings, begins, shelf, routing, cluster, releases, offset, *mountings, code_version())


def _begin(shelf: NetworkShelf, network: Network, cluster: Cluster, releases: Releases) -> Network:
    """Give the version to begin with: that before the latest release if it is there, else the one that is in force.

    Raises `FaultsError` for one that has not been released where another one is in force.
    """
    if (latest := releases.latest) is not None:
        known = shelf.find(latest.previous) or shelf.find(latest.version)
        if known is None or shelf.find(latest.version) is None:
            raise FaultsError([f"{shelf.path} lacks the version in force, {latest.version}; put it there"])
        return known
    begins = begin_with(shelf, network, cluster)
    with RangeReader(cluster.client) as reader:
        versions = {network_of(reader, cluster.evidence_log, part) for part in range(cluster.evidence_partitions)}
    others = sorted(version for version in versions if version not in (None, begins.version))
    if others:
        fault = f"the evidence log is of network {others[0]}, and {begins.version} in {shelf.path} is not released"
        raise FaultsError([f"{fault}; release it with faultline network release, or run with the one in force"])
    return begins
