"""What every flow on Kafka is found by, and how faults of all that it needs are gathered before it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.records.networks.releases import read_releases
from adapters.kafka.records.zone_health import network_of
from adapters.kafka.topics.cluster import find_cluster
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from adapters.kafka.topics.cluster import Cluster
    from adapters.network.shelf import NetworkShelf
    from adapters.state.folder import Identity
    from dataflows.service.settings import ServiceSettings
    from models.network.network import Network

Found = TypeVar("Found")

PLACEMENT: Final = frozenset({"process", "processes"})
"""Parts of an identity that say which partitions a state is of: with others it is made anew from the log."""
RULES_NAME: Final = "rules"
LAYOUT_NAME: Final = "state layout"
"""Parts of an identity: by which rules the flow works, and how its state is written."""
RECONCILED: Final = "reconciled from rules"
"""Part of a state's identity: its outputs were written by these rules, and are to be reconciled with those of now."""
WITH_NETWORK: Final = frozenset({"network"})
"""Parts of identities of old: what follows the evidence log takes up the versions of the network that it names."""
PARTITIONS_OF: Final = "partitions of "
"""Parts of an identity, each with a topic: these may become more, never fewer."""


class Gathered:
    """Faults of all that is looked for."""

    def __init__(self, faults: Iterable[str] = ()) -> None:
        self.faults = list(faults)

    def find(self, search: Callable[[], Found]) -> Found | None:
        """Give what a search finds, or keep its faults."""
        try:
            return search()
        except FaultsError as error:
            self.faults += error.faults
            return None


def reach_cluster(settings: ServiceSettings, evidence_partitions: int | None) -> Cluster:
    """Find the cluster and its topics; without a network nobody knows how many evidence partitions there should be.

    Raises `FaultsError` with every fault.
    """
    connection = settings.connection()
    return find_cluster(connection, settings.topic_prefix, evidence_partitions, embedded=settings.embedded)


def begin_with(shelf: NetworkShelf, network: Network, cluster: Cluster) -> Network:
    """Give the version of the network that is at hand: the one released last, else the only one, else the log's."""
    latest = read_releases(cluster.client, cluster.prefix)[0].latest
    if latest is not None:
        return shelf.find(latest.version) or network
    if len(shelf.versions()) == 1:
        return network
    log = cluster.evidence_log
    with RangeReader(cluster.client) as reader:
        found = [network_of(reader, log, part) for part in range(cluster.evidence_partitions)]
    known = [version for version in found if version is not None and shelf.find(version) is not None]
    if not known:
        raise FaultsError([f"{shelf.path} has several versions of the network; give the file of the one to begin with"])
    return shelf.find(known[0]) or network


def placement(settings: ServiceSettings, cluster: Cluster) -> Identity:
    """Say which partitions of which cluster a process has."""
    return {
        "cluster": cluster.cluster_id,
        "topic prefix": settings.topic_prefix,
        "process": str(settings.process),
        "processes": str(settings.processes),
    }
