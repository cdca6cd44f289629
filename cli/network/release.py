"""`faultline network release` and `freeze`: a later version of the network for flows that run."""

from __future__ import annotations

import math
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import orjson
import typer

from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.clients.producer import CheckedProducer, DeliveryError, Outgoing
from adapters.kafka.records.control import audit, send_control
from adapters.kafka.records.releases import FREEZE, PARTITION, Released, read_releases
from adapters.kafka.records.zone_health import network_of
from adapters.network.compiled_file import load_artefact, write_artefact
from adapters.network.shelf import NetworkShelf
from cli.broker import ConfigOption, PrefixOption, find_broker
from cli.network.show import show_difference
from cli.ordering.orders import words
from models.contracts.topics import EVIDENCE_LOG, NETWORK_RELEASE
from models.evidence.log_record import LogRecord
from models.network.plausibility import without_source
from models.network.versions import after, difference, successor_faults
from models.refusal import FaultsError
from models.times.iso8601 import format_time, parse_time
from models.times.units import SECOND

if TYPE_CHECKING:
    from cli.broker import Broker
    from models.network.network import Network

MARGIN_SECONDS: Final = 15.0


def release(
    network: Annotated[Path, typer.Argument(metavar="FILE", help="The version to release, compiled with --previous.")],
    reason: Annotated[str, typer.Option(help="Why: stands in the evidence log with your name.")],
    running: Annotated[
        Path | None, typer.Option(help="The version in force, or a folder that has it; by default where FILE lies.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Log time from which it is in force; by default soon.")
    ] = None,
    revert: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Go back to FILE: written here as a version after the one in force."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the difference as JSON.")] = False,
) -> None:
    r"""Check a version of the network against the one in force, show the difference, and release it.

    Both flows take it up at one moment of log time, without a stop, once its
    file is where their --network says. Open outages go on.

        faultline network release networks/town-2.network --reason "GIS of July"

    Going back is a version of its own:

        faultline network release networks/town-1.network \

            --revert networks/town-3.network --reason "T14 was wrong"
    """
    broker = find_broker(config, prefix)
    held, number, version = _in_force(broker)
    before = _running(running or network.parent, version)
    released = load_artefact(network)
    if revert is not None:
        released = after(released, before)
    _refuse(released, before)
    changes = difference(before, released, without_source(released))
    if as_json:
        typer.echo(orjson.dumps(asdict(changes), option=orjson.OPT_INDENT_2).decode())
    else:
        show_difference(changes)
    if dry_run:
        return
    if held is not None:
        raise FaultsError([f"releases are held by {held}; end that with faultline network freeze --end"])
    if revert is not None:
        write_artefact(released, revert)
    begins = _moment(at)
    _send(broker, Released(number + 1, released.version, before.version, begins, audit(words("--reason", reason))))
    typer.echo(f"version {released.version} is in force from {format_time(begins)} on", err=True)


def freeze(
    reason: Annotated[str | None, typer.Option(help="Why: whoever wants to release is told, with your name.")] = None,
    end: Annotated[bool, typer.Option("--end", help="Let versions be released again.")] = False,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
) -> None:
    """Hold releases of the network, in a storm say, until somebody ends that."""
    if (reason is None) != end:
        raise FaultsError(["freeze takes --reason, or --end; give one of them"])
    broker = find_broker(config, prefix)
    held = audit("" if reason is None else words("--reason", reason))
    record = Outgoing(None if end else held.encode(), FREEZE)
    _write(broker, [], None, record)
    typer.echo("releases are let through again" if end else f"releases are held by {held}")


def _in_force(broker: Broker) -> tuple[str | None, int, str]:
    """Who holds releases, the number of the last one, and the version in force. Raises `FaultsError`."""
    releases, _ = read_releases(broker.client, broker.prefix)
    if (latest := releases.latest) is not None:
        return releases.held, latest.number, latest.version
    log = broker.name(EVIDENCE_LOG)
    with RangeReader(broker.client) as reader:
        found = {network_of(reader, log, part) for part in range(reader.partitions(log))} - {None}
    if len(found) != 1:
        what = "holds nothing: start the flows with the network that is to be the first" if not found else "is of "
        raise FaultsError([f"{log} {what}{' and '.join(sorted(str(one) for one in found))}"])
    return releases.held, 0, str(found.pop())


def _running(place: Path, version: str) -> Network:
    found = NetworkShelf(place).find(version)
    if found is None:
        raise FaultsError(
            [f"version {version} is in force, and {place} does not have it; give its file with --running"]
        )
    return found


def _refuse(released: Network, before: Network) -> None:
    if released.version == before.version:
        raise FaultsError([f"version {released.version} is in force already; there is nothing to release"])
    if faults := successor_faults(released, before):
        raise FaultsError([f"version {released.version} cannot be released: {fault}" for fault in faults])


def _moment(at: str | None) -> int:
    """The whole second from which a version is in force."""
    if at is None:
        return math.ceil(time.time() + MARGIN_SECONDS) * SECOND  # noqa: TID251 (log time is the broker's)
    try:
        given = parse_time(at)
    except ValueError as error:
        raise FaultsError([f'--at "{at}" {error}']) from error
    if given % SECOND:
        raise FaultsError([f"--at {at}: a version begins with a whole second; leave the fraction out"])
    return given


def _send(broker: Broker, released: Released) -> None:
    with RangeReader(broker.client) as reader:
        partitions = range(reader.partitions(broker.name(EVIDENCE_LOG)))
    order = LogRecord(released.previous, release=(released.version, released.at), audit=released.audit)
    _write(broker, list(partitions), order, released.outgoing())


def _write(broker: Broker, partitions: list[int], order: LogRecord | None, record: Outgoing) -> None:
    """Write a control record to the evidence log, and then, once all partitions have it, a record for ingest."""
    try:
        producer = CheckedProducer(broker.client, patience=30)
        if order is not None:
            send_control(producer, broker.name(EVIDENCE_LOG), partitions, order)
        producer.send(broker.name(NETWORK_RELEASE), PARTITION, record)
        producer.flush()
    except DeliveryError as error:
        raise FaultsError([str(error)]) from error
