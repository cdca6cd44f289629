"""`faultline network release` and `freeze`: a later version of the network for flows that run."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import orjson
import typer

from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.clients.producer import CheckedProducer, DeliveryError, Outgoing
from adapters.kafka.records.control import audit, send_control
from adapters.kafka.records.networks.mountings import PARTITION as METERS_PARTITION
from adapters.kafka.records.networks.mountings import read_mountings, tombstone
from adapters.kafka.records.networks.network_states import unwritten, write_network_states
from adapters.kafka.records.networks.releases import FREEZE, PARTITION, Released
from adapters.network.compiled_file import load_artefact, write_artefact
from cli.broker import ConfigOption, PrefixOption, find_broker, organisation
from cli.network.in_force import find_in_force, find_version, log_time_now
from cli.network.show import show_difference, show_exchanges
from cli.ordering.orders import words
from models.contracts.topics import EVIDENCE_LOG, NETWORK_METERS, NETWORK_RELEASE
from models.evidence.log_record import LogRecord
from models.ingest.mounting.laid import InForce, Laid
from models.ingest.mounting.mountings import Mountings
from models.ingest.mounting.standing import exchanges, forgotten
from models.network.plausibility import without_source
from models.network.versions import after, difference, successor_faults
from models.refusal import FaultsError
from models.times.iso8601 import format_time, parse_time
from models.times.units import SECOND

if TYPE_CHECKING:
    from cli.broker import Broker
    from models.network.network import Network

MARGIN_SECONDS: Final = 15.0
KEPT_MS: Final = 15 * 24 * 3_600_000
"""Longer than raw topics keep records, and than an exchange can lie back when it is told."""


def release(
    network: Annotated[Path, typer.Argument(metavar="FILE", help="The version to release, compiled with --previous.")],
    reason: Annotated[str, typer.Option(help="Why: stands in the evidence log with your name.")],
    running: Annotated[
        Path | None, typer.Option(help="The version in force, or a folder that has it; by default where FILE lies.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="Log time from which it is in force; by default soon.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="When its tables were drawn: what meters did before counts as they have it."),
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
    standing = find_in_force(broker)
    before = find_version(running or network.parent, standing.version)
    released = load_artefact(network)
    if revert is not None:
        released = after(released, before)
    _refuse(released, before)
    changes = difference(before, released, without_source(released))
    now = log_time_now(broker)
    begins, drawn_at = _moment(at, now), _drawn_at(as_of, now)
    laid = Laid(Mountings(read_mountings(broker.client, broker.prefix)[0]), before, standing.in_force)
    meters = exchanges(laid, Laid(laid.mountings, released, InForce(begins, drawn_at)))
    if as_json:
        told = {"exchanges": {name: [one._asdict() for one in some] for name, some in asdict(meters).items()}}
        typer.echo(orjson.dumps(asdict(changes) | told, option=orjson.OPT_INDENT_2).decode())
    else:
        show_difference(changes)
        show_exchanges(meters, released)
    if dry_run:
        return
    if standing.held is not None:
        raise FaultsError([f"releases are held by {standing.held}; end that with faultline network freeze --end"])
    if revert is not None:
        write_artefact(released, revert)
    why = audit(words("--reason", reason))
    _send(broker, Released(standing.number + 1, released.version, before.version, begins, why, drawn_at))
    _forget(broker, laid, now)
    typer.echo(f"version {released.version} is in force from {format_time(begins)} on", err=True)
    _write_places(broker, organisation(config), released, before)


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


def _refuse(released: Network, before: Network) -> None:
    if released.version == before.version:
        raise FaultsError([f"version {released.version} is in force already; there is nothing to release"])
    if faults := successor_faults(released, before):
        raise FaultsError([f"version {released.version} cannot be released: {fault}" for fault in faults])


def _moment(at: str | None, now: int) -> int:
    """The whole second from which a version is in force."""
    if at is None:
        return math.ceil(now / SECOND + MARGIN_SECONDS) * SECOND
    try:
        given = parse_time(at)
    except ValueError as error:
        raise FaultsError([f'--at "{at}" {error}']) from error
    if given % SECOND:
        raise FaultsError([f"--at {at}: a version begins with a whole second; leave the fraction out"])
    if given <= now:
        raise FaultsError([f"--at {at} has passed: it is {format_time(now)} in the log; give a time to come, or none"])
    return given


def _drawn_at(as_of: str | None, now: int) -> int:
    """When the tables were drawn; 0 if nobody says."""
    if as_of is None:
        return 0
    try:
        drawn_at = parse_time(as_of)
    except ValueError as error:
        raise FaultsError([f'--as-of "{as_of}" {error}']) from error
    if drawn_at > now:
        raise FaultsError([f"--as-of {as_of} is to come: it is {format_time(now)} in the log; give a time before"])
    return drawn_at


def _forget(broker: Broker, laid: Laid, now: int) -> None:
    """Take mountings out of their topic that the version in force has made needless for as long as raw topics keep."""
    if laid.in_force.at >= now - KEPT_MS or not (old := forgotten(laid, laid.in_force.at)):
        return
    try:
        producer = CheckedProducer(broker.client, patience=30)
        for mounting in old:
            producer.send(broker.name(NETWORK_METERS), METERS_PARTITION, tombstone(mounting))
        producer.flush()
    except DeliveryError as error:
        typer.echo(f"the version is released; old exchanges are left for the next release ({error})", err=True)


def _send(broker: Broker, released: Released) -> None:
    with RangeReader(broker.client) as reader:
        partitions = range(reader.partitions(broker.name(EVIDENCE_LOG)))
    order = LogRecord(released.previous, release=(released.version, released.at), audit=released.audit)
    _write(broker, list(partitions), order, released.outgoing())


def _write_places(broker: Broker, whose: str, released: Network, before: Network) -> None:
    """Write which zones and devices are others from now on. Raises `FaultsError`."""
    try:
        producer = CheckedProducer(broker.client, patience=30)
        everywhere = frozenset(range(released.evidence_partitions))
        first = frozenset(unwritten(broker.client, broker.name, everywhere))
        write_network_states(producer, broker.name, whose, released, None, first)
        write_network_states(producer, broker.name, whose, released, before, everywhere - first)
    except DeliveryError as error:
        left = "is released, but where its zones and devices are is not written; see faultline network publish"
        raise FaultsError([f"version {released.version} {left} ({error})"]) from error


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
