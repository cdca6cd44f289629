"""What `faultline evidence show` finds in the log: a document for each batch or control record."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.connectors.evidence_source import ForeignEvidenceError, read_message
from adapters.network.shelf import find_networks
from cli.broker import find_broker
from cli.edges import read_edges
from cli.evidence.rows import RowNames, count_kinds
from dataflows.service.given_settings import find_settings
from models.contracts.topics import EVIDENCE_LOG
from models.evidence.batch import END_OF_LOG
from models.refusal import FaultsError
from models.times.iso8601 import LATEST, format_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confluent_kafka import Message

    from adapters.kafka.connectors.evidence_source import EvidenceRecord
    from models.evidence.batch import EvidenceBatch
    from models.network.network import Network

Document = dict[str, Any]


def find_records(
    partition: int | None,
    edges: tuple[str | None, str | None],
    limit: int | None,
    *,
    network: Path | None,
    rows: bool,
    broker: tuple[Path | None, str | None],
) -> Iterator[Document]:
    """Give what the log holds between two edges, partition by partition. Raises `FaultsError`."""
    begin, end = read_edges(*edges)
    names = RowNames(_network(network, broker[0])) if rows else None
    found = find_broker(*broker)
    log = found.name(EVIDENCE_LOG)
    with RangeReader(found.client) as reader:
        count = reader.partitions(log)
        if partition is not None and partition >= count:
            raise FaultsError([f"{log} has {count} partitions, from 0; give --partition below that"])
        wanted = range(count) if partition is None else [partition]
        documents = (
            document
            for which in wanted
            for message in reader.records(reader.locate(log, which, begin, end))
            for document in _documents(message, names)
        )
        yield from islice(documents, limit)


def _network(path: Path | None, config: Path | None) -> Network:
    given = find_settings({"config": config, "network": path}).get("network")
    if given is None:
        raise FaultsError(["--rows needs the network, for the log has numbers only; give --network"])
    return find_networks(Path(given.value))


def _documents(message: Message, names: RowNames | None) -> Iterator[Document]:
    where = {"partition": message.partition(), "offset": message.offset()}
    try:
        item = read_message(message)
    except ForeignEvidenceError as error:
        yield where | {"fault": str(error)}
        return
    if names is not None and names.network.version != item.record.network_version:
        _warn(item.record.network_version, names)
    for batch in item.record.batches:
        yield _head(item) | _batch(batch, item) | ({} if names is None else {"evidence": list(names.rows(batch))})
    batched = {batch.origin for batch in item.record.batches}
    others = {origin: _settled(item, origin) for origin in item.record.settled if origin not in batched}
    record = item.record
    if record.is_control or others:
        orders = {"skip_gaps": list(record.skip_gaps), "adopted": record.adopted, "audit": record.audit}
        given = {name: value for name, value in orders.items() if value}
        yield _head(item) | {"resume_zones": list(record.resume_zones), "settled": others} | given


def _warn(version: str, names: RowNames) -> None:
    if version not in names.foreign:
        names.foreign.add(version)
        fault = f"records are of network {version}, names of {names.network.version}"
        typer.echo(f"faultline: {fault}: they are right only where that continues it", err=True)


def _head(item: EvidenceRecord) -> Document:
    return {
        "partition": item.partition,
        "offset": item.offset,
        "appended_at": format_time(item.appended_at),
        "bytes": item.size,
        "network_version": item.record.network_version,
    }


def _batch(batch: EvidenceBatch, item: EvidenceRecord) -> Document:
    return {
        "origin": batch.origin,
        "origin_partitions": batch.partitions,
        "offsets": batch.offsets,
        "read": batch.read,
        "refused": batch.refused,
        "unused": batch.unused,
        "rows": count_kinds(batch),
        "dead_letters": len(batch.deferred),
        "last_log_time": format_time(batch.last_log_time) if batch.last_log_time else None,
        "watermark": _instant(batch.watermark),
        "settled": _settled(item, batch.origin),
    }


def _settled(item: EvidenceRecord, origin: str) -> Document | None:
    """How far ingest surely kept all that it made of an origin."""
    if origin not in item.record.settled:
        return None
    offset, log_time = item.record.settled[origin]
    return {"offset": offset, "log_time": format_time(log_time) if log_time else None}


def _instant(at: int) -> str | None:
    if at >= END_OF_LOG:
        return "end"
    if at == 0:
        return None
    return format_time(at) if 0 <= at <= LATEST else str(at)
