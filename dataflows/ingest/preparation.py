"""What ingest needs, found and checked as a whole before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.network.load import load_network
from dataflows.service.code_version import code_version
from dataflows.service.preparation import PARTITIONS_OF, Gathered, placement, reach_cluster
from models.evidence.routing import Routing
from models.refusal import FaultsError

if TYPE_CHECKING:
    from adapters.kafka.topics.cluster import Cluster
    from adapters.state.folder import Identity
    from dataflows.ingest.settings import IngestSettings
    from models.network.network import Network


@dataclass(frozen=True, slots=True)
class PreparedIngest:
    """What ingest runs with."""

    settings: IngestSettings
    network: Network
    routing: Routing
    cluster: Cluster
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
    network = gathered.find(lambda: load_network(settings.network))
    cluster = gathered.find(lambda: reach_cluster(settings, network.evidence_partitions if network else None))
    if network is None or cluster is None:
        raise FaultsError(gathered.faults)
    routing = Routing.of(network, network.zone_partition, network.evidence_partitions)
    return PreparedIngest(settings, network, routing, cluster, code_version())
