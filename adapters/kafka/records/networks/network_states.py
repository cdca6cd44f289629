"""Where the network's parts are, as topics `network.device.state.v1` and `network.zone.state.v1` have it.

Records follow from a version of the network alone: whoever writes one again writes the same bytes. Zones come after all
devices: where a partition has zones it has its devices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from adapters.kafka.clients.producer import Outgoing
from adapters.kafka.clients.tail import find_bounds
from adapters.kafka.records.cloud_events import Kind, unnumbered_headers
from models.contracts.topics import DEVICE_STATE, ZONE_STATE
from models.current_network.places import device_news, zone_news

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from adapters.kafka.clients.producer import CheckedProducer
    from models.network.network import Network


DEVICES: Final = Kind(DEVICE_STATE, "faultline.network.device.v1", "device_state")
ZONES: Final = Kind(ZONE_STATE, "faultline.network.zone.v1", "zone_state")


def unwritten(client: Mapping[str, Any], name: Callable[[str], str], partitions: Iterable[int]) -> list[int]:
    """Give the partitions of which no zone is written yet."""
    bounds = find_bounds(client, [(name(ZONE_STATE), partition) for partition in partitions])
    return [partition for (_, partition), (_, end) in bounds.items() if end == 0]


def write_network_states(
    producer: CheckedProducer,
    name: Callable[[str], str],
    organisation: str,
    network: Network,
    before: Network | None,
    partitions: Collection[int],
) -> dict[str, int]:
    """Write what is other in some evidence partitions than in the version before; counts records by topic.

    `name` gives a topic's full name. Raises `DeliveryError`.
    """
    written = {}
    for kind, news in ((DEVICES, device_news), (ZONES, zone_news)):
        written[kind.topic] = 0
        for one in news(network, before, partitions):
            value = None if one.record is None else orjson.dumps(one.record, option=orjson.OPT_SORT_KEYS)
            about = f"{one.key}:{network.version}", one.key
            headers = unnumbered_headers(kind, about, (organisation, one.zone_id), gone=value is None)
            producer.send(name(kind.topic), one.partition, Outgoing(value, one.key.encode(), headers))
            written[kind.topic] += 1
        producer.flush()
    return written
