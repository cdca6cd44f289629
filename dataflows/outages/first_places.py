"""Where the network's parts are, written at the first start: later versions are written as they are released."""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from adapters.kafka.clients.producer import CheckedProducer
from adapters.kafka.records.networks.network_states import unwritten, write_network_states
from adapters.kafka.records.networks.releases import read_releases

if TYPE_CHECKING:
    from dataflows.outages.preparation import PreparedOutages

log: Final = logging.getLogger("faultline")


def write_first_places(prepared: PreparedOutages) -> None:
    """Write zones and devices of the partitions of which no zone is written yet. Raises `DeliveryError`.

    Zones come after all devices: a start that was broken off is made good by the next one.
    """
    cluster = prepared.cluster
    latest = read_releases(cluster.client, cluster.prefix)[0].latest
    by_version = defaultdict(list)
    for partition in unwritten(cluster.client, cluster.name, prepared.own_partitions):
        by_version[latest.version if latest else prepared.first_version(partition)].append(partition)
    for version, partitions in by_version.items():
        network = prepared.shelf.find(version)
        if network is None:
            log.warning("version %s is not there, so its places are not written; see network publish", version)
            continue
        producer = CheckedProducer(cluster.client, patience=prepared.settings.delivery_seconds)
        write_network_states(producer, cluster.name, prepared.settings.organisation, network, None, partitions)
