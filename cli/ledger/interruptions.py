"""What `faultline ledger show` finds: a document for each interruption."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from adapters.kafka.clients.offset_range import RangeReader
from adapters.network.load import load_network
from cli.broker import find_broker
from dataflows.service.given_settings import find_settings
from models.contracts.topics import OUTAGE_MEMBERSHIP
from models.ledger.interruptions import InterruptionLedger
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
    loaded = _network(network, broker[0])
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


def _network(network: Path | None, config: Path | None) -> Network:
    given = find_settings({"config": config, "network": network}).get("network")
    if given is None:
        raise FaultsError(["the ledger has numbers in place of ids; give the network with --network"])
    return load_network(Path(given.value))


def _numbers(usage_points: Sequence[str], network: Network) -> list[int]:
    places = network.find_points(usage_points).tolist()
    if strange := [name for name, place in zip(usage_points, places, strict=True) if place < 0]:
        raise FaultsError([f'usage point "{name}" is not on the network; correct it' for name in strange])
    return [int(number) for number in network.point_number[places]]


def _check_version(version: str, network: Network) -> None:
    """Numbers of another network are other customers."""
    if version != network.version:
        fault = f"the ledger's records are of network {version}, the network given is {network.version}"
        raise FaultsError([f"{fault}; give the one that the flows run with"])


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
