"""What `faultline ledger show` finds: a document for each interruption."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from adapters.kafka.clients.offset_range import RangeReader
from adapters.network.shelf import NetworkShelf
from cli.broker import find_broker
from dataflows.service.given_settings import find_settings
from models.contracts.topics import OUTAGE_MEMBERSHIP
from models.ledger.interruptions import InterruptionLedger
from models.network.versions import successor_faults
from models.refusal import FaultsError
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from models.network.network import Network

Document = dict[str, Any]
Broker = tuple[Path | None, str | None]


def find_interruptions(
    usage_points: Sequence[str], network: Path | None, folder: Path | None, broker: Broker
) -> Iterator[Document]:
    """Give the interruptions of usage points, one after the other. Raises `FaultsError`."""
    usage_points = list(dict.fromkeys(usage_points))
    loaded = _networks(network, broker[0])
    numbers = _numbers(usage_points, loaded)
    ledger = InterruptionLedger(numbers)
    for line in _of_files(folder) if folder is not None else _of_log(broker):
        record = orjson.loads(line)
        _check_version(record["network_version"], loaded)
        ledger.take(record)
    for name, number in zip(usage_points, numbers, strict=True):
        for one in ledger.interruptions(number):
            yield {
                "usage_point_id": name,
                "out_at": format_time(one.out_at),
                "back_at": None if one.back_at is None else format_time(one.back_at),
                "basis": one.basis,
                "outage_id": one.outage_id,
            }


def text(document: Document, clock: Callable[[str], str]) -> str:
    """Write an interruption as a line, times as `clock` writes them."""
    until = f"to {clock(document['back_at'])}, {document['basis']}" if document["back_at"] else "and goes on"
    return f"{document['usage_point_id']}: out from {clock(document['out_at'])} {until}, by {document['outage_id']}"


def _networks(network: Path | None, config: Path | None) -> list[Network]:
    """Give the network, or all of its versions; each of them numbers as the others do."""
    given = find_settings({"config": config, "network": network}).get("network")
    if given is None:
        raise FaultsError(["the ledger has numbers in place of ids; give the network with --network"])
    shelf = NetworkShelf(Path(given.value))
    first = shelf.first()
    versions = [shelf.find(version) or first for version in shelf.versions()] or [first]
    for other in versions:
        if successor_faults(first, other) and successor_faults(other, first):
            fault = f"{shelf.path} has versions of two networks, {first.version} and {other.version}"
            raise FaultsError([f"{fault}; give one whose versions follow each other"])
    return versions


def _numbers(usage_points: Sequence[str], networks: Sequence[Network]) -> list[int]:
    known: dict[str, int] = {}
    for network in networks:
        places = network.find_points(usage_points).tolist()
        here = zip(usage_points, places, strict=True)
        known |= {name: int(network.point_number[place]) for name, place in here if place >= 0}
    if strange := [name for name in usage_points if name not in known]:
        raise FaultsError([f'usage point "{name}" is not on the network; correct it' for name in strange])
    return [known[name] for name in usage_points]


def _check_version(version: str, networks: Sequence[Network]) -> None:
    """Numbers of another network are other customers."""
    if version not in {network.version for network in networks}:
        fault = f"the ledger's records are of network {version}, the network given is {networks[0].version}"
        raise FaultsError([f"{fault}; give the one that the flows run with, or the folder of its versions"])


def _of_files(folder: Path) -> Iterator[bytes]:
    path = folder / f"{OUTAGE_MEMBERSHIP}.jsonl"
    if not path.is_file():
        raise FaultsError([f"{path} is missing; give the folder that faultline replay wrote"])
    with path.open("rb") as stream:
        yield from stream


def _of_log(broker: Broker) -> Iterator[bytes]:
    """Give the values of the topic; all of an outage stand in one partition, in their order."""
    found = find_broker(*broker)
    topic = found.name(OUTAGE_MEMBERSHIP)
    with RangeReader(found.client) as reader:
        for which in range(reader.partitions(topic)):
            for message in reader.records(reader.locate(topic, which, None, None)):
                if (value := message.value()) is not None:
                    yield value
