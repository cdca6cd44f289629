"""What `faultline network show --at` reads: the records of a zone up to a time, and the network they are of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from adapters.kafka.clients.offset_range import RangeReader
from adapters.network.shelf import NetworkShelf, find_networks
from models.contracts.topics import NETWORK_ABNORMAL, OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP
from models.current_network.standing import standing
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confluent_kafka import Message

    from cli.broker import Broker
    from models.current_network.standing import Standing
    from models.network.network import Network

STEMS: Final = (NETWORK_ABNORMAL, OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP)
Record = dict[str, Any]


def find_zone(network: Network, zone: str | None, feeder: str | None) -> tuple[int, int]:
    """Give the zone, and the feeder, -1 for none, of what is asked for. Raises `FaultsError`."""
    if (zone is None) == (feeder is None):
        raise FaultsError(["show --at takes a feeder or a zone; give --feeder or --zone"])
    if feeder is None:
        zones = list(network.zone_ids)
        if zone not in zones:
            raise FaultsError([f"zone {zone} is not on the network; it has {', '.join(zones[:10])}"])
        return zones.index(zone), -1
    feeders = list(network.feeder_ids)
    if feeder not in feeders:
        raise FaultsError([f"feeder {feeder} is not on the network; it has {', '.join(feeders[:10])}"])
    of = feeders.index(feeder)
    return int(network.device_zone[(network.feeder == of).argmax()]), of


Found = tuple["Standing", "Network", tuple[int, int]]
"""How it stands, with the network that was in force then, zone and feeder there."""


def read_standing(network: Path, what: tuple[str | None, str | None], at: int, source: Path | Broker) -> Found:
    """Find how what is asked for (zone, feeder) stands at a time (ms). Raises `FaultsError`."""
    latest = find_networks(network)
    zone, _ = find_zone(latest, *what)
    partition = int(latest.zone_partition[zone])
    read = [_of_files(source, stem) if isinstance(source, Path) else _of_log(source, stem, partition) for stem in STEMS]
    found = standing((latest.zone_ids[zone], at), *read)
    version = found.network_version
    held = latest if version in {None, latest.version} else NetworkShelf(network).find(str(version))
    if held is None:
        raise FaultsError([f"the records are of network {version}, which {network} does not have; give its file"])
    return found, held, find_zone(held, *what)


def _of_files(folder: Path, stem: str) -> Iterator[Record]:
    """Give the records of what a replay, or an offline play of several partitions, wrote."""
    files = [
        path for path in (folder / f"{stem}.jsonl", *sorted(folder.glob(f"{stem}.[0-9]*.jsonl"))) if path.is_file()
    ]
    if not files:
        raise FaultsError([f"{folder}: has no {stem}.jsonl; give the folder that faultline replay wrote"])
    for path in files:
        with path.open("rb") as lines:
            yield from map(orjson.loads, lines)


def _of_log(broker: Broker, stem: str, partition: int) -> Iterator[Record]:
    topic = broker.name(stem)
    with RangeReader(broker.client) as reader:
        for message in reader.records(reader.locate(topic, partition)):
            yield _record(message)


def _record(message: Message) -> Record:
    """Read a record; a tombstone as files have it."""
    if (value := message.value()) is not None:
        record: Record = orjson.loads(value)
        return record
    headers: dict[str, Any] = dict(message.headers() or [])
    time, key = (str(one or b"", "utf-8") for one in (headers.get("ce_time"), bytes(message.key() or b"")))
    return {"element_id": key, "updated_at": time, "tombstone": True}
