"""How connectors, zones and the network stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.records.networks.releases import read_releases
from adapters.kafka.records.zone_health import network_of
from cli.connect.health import find_health, line_of
from cli.storm_ready.page import Row
from cli.zones.health import find_zones
from models.contracts.topics import EVIDENCE_LOG
from models.times.duration import UNITS
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.broker import Broker

_TODO: Final = {
    "silent": "start it: its heartbeats have ceased without a word",
    "stopped": "start it, or leave it out on purpose",
}
_OTHER: Final = "see faultline connect status, and the runbooks of its links"


def connectors(broker: Broker) -> Iterator[Row]:
    """Judge each connector by its last heartbeat."""
    found = find_health(broker)
    if not found:
        yield Row("connector", "", "not asked", "no connector has ever told of itself")
    for standing in found:
        state, name = standing.state, standing.record.connector
        todo = "" if state == "connected" else _TODO.get(state, _OTHER)
        yield Row("connector", name, "not ready" if todo else "ready", line_of(standing), todo)


def zones(broker: Broker) -> Iterator[Row]:
    """Name the zones that are set aside."""
    aside = find_zones(broker, every=False)
    for record in aside:
        saw = f"set aside since {record.since}: {record.error}"
        yield Row("zone", record.zone_id, "not ready", saw, "mend its cause, then faultline zones resume")
    if not aside:
        yield Row("zone", "", "ready", "no zone is set aside")


def network(broker: Broker, days: float, now: int) -> Iterator[Row]:
    """Judge the version of the network in force by how long it has been."""
    latest = read_releases(broker.client, broker.prefix)[0].latest
    if latest is not None:
        age = (now - latest.at) / UNITS["d"]
        saw = f"version {latest.version} is in force since {format_time(latest.at)}, {max(age, 0):.0f} days"
        todo = f"release the GIS of today, or see that nothing was built in {days:g} days: faultline network release"
        yield Row("network", "", "ready" if age <= days else "not ready", saw, "" if age <= days else todo)
        return
    log = broker.name(EVIDENCE_LOG)
    with RangeReader(broker.client) as reader:
        versions = {network_of(reader, log, part) for part in range(reader.partitions(log))} - {None}
    told = " and ".join(sorted(map(str, versions)))
    if not told:
        yield Row(
            "network", "", "not ready", "the evidence log holds nothing: ingest has never written", "start the flows"
        )
        return
    saw = f"version {told} from the start on, nobody says how old: none was ever released"
    yield Row("network", "", "unknown", saw, "look at the date of its tables; release later ones by network release")


def frozen(broker: Broker) -> Iterator[Row]:
    """Say whether releases of the network are held, as they should be in a storm."""
    held = read_releases(broker.client, broker.prefix)[0].held
    if held is not None:
        yield Row("releases", "", "ready", f"held by {held}")
    else:
        todo = 'hold them: faultline network freeze --reason "the storm"; pods do not roll with k8s/overlays/storm'
        yield Row("releases", "", "not ready", "releases of the network are let through", todo)
