"""Which version of the network is in force, and what time it is in the log."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, NamedTuple

from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.records.networks.releases import read_releases
from adapters.kafka.records.operators import played_until
from adapters.kafka.records.zone_health import network_of
from adapters.network.shelf import NetworkShelf
from models.contracts.topics import EVIDENCE_LOG, OPERATOR_COMMANDS, OUTAGE_CLOCK
from models.ingest.mounting.laid import FROM_THE_START, InForce
from models.refusal import FaultsError
from models.times.units import SECOND

if TYPE_CHECKING:
    from pathlib import Path

    from cli.broker import Broker
    from models.network.network import Network


class Standing(NamedTuple):
    """The version in force, and what was released before."""

    held: str | None
    """Who holds releases."""
    number: int
    """Of the last release."""
    version: str
    in_force: InForce = FROM_THE_START


def find_in_force(broker: Broker) -> Standing:
    """Say what is in force. Raises `FaultsError`."""
    releases, _ = read_releases(broker.client, broker.prefix)
    if (latest := releases.latest) is not None:
        return Standing(releases.held, latest.number, latest.version, releases.in_force(latest.version))
    log = broker.name(EVIDENCE_LOG)
    with RangeReader(broker.client) as reader:
        found = {network_of(reader, log, part) for part in range(reader.partitions(log))} - {None}
    if len(found) != 1:
        what = "holds nothing: start the flows with the network that is to be the first" if not found else "is of "
        raise FaultsError([f"{log} {what}{' and '.join(sorted(str(one) for one in found))}"])
    return Standing(releases.held, 0, str(found.pop()))


def find_version(place: Path, version: str) -> Network:
    """Give the version in force, from where it lies. Raises `FaultsError`."""
    found = NetworkShelf(place).find(version)
    if found is None:
        raise FaultsError(
            [f"version {version} is in force, and {place} does not have it; give its file with --running"]
        )
    return found


def log_time_now(broker: Broker) -> int:
    """Give the log time, ms: the broker's, or where storms are played up to where they have been lived through."""
    with RangeReader(broker.client) as reader:
        played = played_until(reader, broker.name(OPERATOR_COMMANDS), broker.name(OUTAGE_CLOCK))
    return math.ceil(time.time() * SECOND) if played is None else played  # noqa: TID251 (log time is the broker's)
