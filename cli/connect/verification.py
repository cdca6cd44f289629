"""`faultline connect verify`: what devices told against what the meters below them lived through."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
import typer

from adapters.files.topics import find_topic_files
from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.connectors.evidence_source import ForeignEvidenceError, read_message
from adapters.network.shelf import find_networks
from cli.broker import find_broker
from cli.edges import read_edges
from dataflows.ingest.files import LINES_AT_ONCE, raw_source
from dataflows.replay.tracing import batches_of
from models.checkout.findings import check_points
from models.checkout.meters import MetersBelow
from models.checkout.testimony import Testimony
from models.contracts.topics import EVIDENCE_LOG, RAW_TOPICS
from models.refusal import FaultsError
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from models.checkout.findings import Checkout, Finding, Happening
    from models.evidence.batch import EvidenceBatch
    from models.network.network import Network

SHOWN: Final = 3
Document = dict[str, Any]


def check_files(network_path: Path, folders: Sequence[Path]) -> tuple[Network, Checkout]:
    """Check by the topic files of one or several storms. Raises `FaultsError`."""
    network = find_networks(network_path)
    faults: list[str] = []
    found = []
    for folder in folders:
        try:
            found.append(find_topic_files(folder, RAW_TOPICS))
        except FaultsError as error:
            faults += error.faults
    if faults:
        raise FaultsError(faults)
    return network, _check(
        network, (one for files in found for one in batches_of(raw_source(files, network, LINES_AT_ONCE)))
    )


def check_log(
    network_path: Path, edges: tuple[str | None, str | None], broker: tuple[Path | None, str | None]
) -> tuple[Network, Checkout]:
    """Check by a stretch of the evidence log. Raises `FaultsError`."""
    network = find_networks(network_path)
    return network, _check(network, _logged(*edges, broker))


def _check(network: Network, batches: Iterable[EvidenceBatch]) -> Checkout:
    testimony = Testimony(network)
    for batch in batches:
        testimony.take(batch)
    return check_points(network, MetersBelow(network, testimony.interruptions()), testimony.told())


def _logged(begin: str | None, end: str | None, broker: tuple[Path | None, str | None]) -> Iterator[EvidenceBatch]:
    edges, found = read_edges(begin, end), find_broker(*broker)
    log = found.name(EVIDENCE_LOG)
    with RangeReader(found.client) as reader:
        for partition in range(reader.partitions(log)):
            for message in reader.records(reader.locate(log, partition, *edges)):
                try:
                    yield from read_message(message).record.batches
                except ForeignEvidenceError as error:
                    where = f"{log}/{partition}, offset {message.offset()}"
                    typer.echo(f"faultline: {where}: {error}; it is passed over", err=True)


def documents(network: Network, checkout: Checkout) -> Iterator[Document]:
    """Give a document for each finding."""
    for finding in checkout.findings:
        yield {
            "kind": finding.kind,
            "device_id": network.device_ids[finding.device],
            "speaks_of": None if finding.other is None else network.device_ids[finding.other],
            "probability": round(finding.probability, 4),
            "agreed": finding.agreed,
            "evidence": [_happening(each) for each in finding.evidence],
        }


def _happening(one: Happening) -> Document:
    count = {"agreed": one.metered.agreed, "could": one.metered.could}
    return {"at": format_time(one.at), "told": one.told, "meters": one.meters, **count}


def lines(network: Network, checkout: Checkout) -> Iterator[str]:
    """Write it for people."""
    for finding in checkout.findings:
        yield _head(network, finding)
        for one in finding.evidence[:SHOWN]:
            meters = f"{one.metered.agreed:,} of {one.metered.could:,} meters {one.meters}"
            yield f"    {format_time(one.at)}: told {one.told}; {meters}"
        if len(finding.evidence) > SHOWN:
            yield f"    and {len(finding.evidence) - SHOWN} more"
    listed = len({finding.device for finding in checkout.findings})
    yield (
        f"{listed} points are listed, {checkout.agreed} agree with their meters, of {checkout.unseen} the meters say "
        "too little: what never opened under load, or has too few meters, cannot be judged"
    )


def _head(network: Network, finding: Finding) -> str:
    other = "" if finding.other is None else f", speaks of {network.device_ids[finding.other]}"
    return f"{finding.kind:<10} {network.device_ids[finding.device]}{other} ({finding.probability:.1%} sure)"


def as_json(document: Document) -> str:
    """Write a document as a line."""
    return orjson.dumps(document).decode()
