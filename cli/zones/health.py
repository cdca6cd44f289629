"""What `faultline zones` finds and does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.clients.producer import CheckedProducer, DeliveryError
from adapters.kafka.records.zone_health import await_revision, network_of, read_health, send_resume
from adapters.network.load import load_network
from models.contracts.topics import EVIDENCE_LOG, ZONE_HEALTH
from models.refusal import FaultsError

if TYPE_CHECKING:
    from pathlib import Path

    from cli.broker import Broker
    from models.contracts.outputs.zone_health import ZoneHealthRecord

NOTE_SECONDS = 5


def find_zones(broker: Broker, *, every: bool) -> list[ZoneHealthRecord]:
    """Give the zones that are set aside now, or that ever were, by name."""
    with RangeReader(broker.client) as reader:
        newest = read_health(reader, broker.name(ZONE_HEALTH))
    return [record for _, record in sorted(newest.items()) if every or record.status == "quarantined"]


def health_text(record: ZoneHealthRecord) -> str:
    """Write a zone's health for people."""
    place = f"evidence {record.evidence_partition}/{record.evidence_offset}"
    lines = [f"{record.zone_id}  {record.status} since {record.since}  {place}"]
    if record.error is not None:
        lines.append(f"  {record.error}")
    if record.outage_ids:
        lines.append(f"  {len(record.outage_ids)} open outages: {', '.join(record.outage_ids)}")
    return "\n".join(lines)


class Resumption:
    """Taking one zone up again."""

    def __init__(self, broker: Broker, zone_id: str) -> None:
        self._broker = broker
        self._zone_id = zone_id
        self._last_note = 0

    def resume(self, network: Path | None, seconds: float) -> ZoneHealthRecord | None:
        """Give the order, and return the zone's next record; None if it does not come in time.

        Raises `FaultsError` where the zone is not set aside or the order could not be obeyed.
        """
        broker = self._broker
        log, health = broker.name(EVIDENCE_LOG), broker.name(ZONE_HEALTH)
        with RangeReader(broker.client) as reader:
            before = self._set_aside(reader, health)
            partition = before.evidence_partition
            version = self._version(reader, log, partition, network)
            try:
                send_resume(CheckedProducer(broker.client, patience=30), log, partition, self._zone_id, version)
            except DeliveryError as error:
                raise FaultsError([str(error)]) from error
            _note(f"{self._zone_id}: the order stands in {log}/{partition}")
            record = await_revision(reader, health, before, seconds, self._waiting) if seconds else None
        if seconds and record is None:
            fault = f"{self._zone_id}: is not taken up after {seconds:.0f} s"
            _note(f"{fault}; see that faultline run outages runs and keeps up: it obeys when it comes to the order")
        elif record is not None and record.status != "healthy":
            _note(f"{self._zone_id}: has failed again; mend what the error says before the next try")
        return record

    def _set_aside(self, reader: RangeReader, health: str) -> ZoneHealthRecord:
        newest = read_health(reader, health)
        record = newest.get(self._zone_id)
        if record is None or record.status != "quarantined":
            now = "has never been set aside" if record is None else f"is healthy since {record.since}"
            raise FaultsError([f"zone {self._zone_id} {now}; see faultline zones list"])
        return record

    def _version(self, reader: RangeReader, log: str, partition: int, network: Path | None) -> str:
        """Find the network that the partition is of: the engine refuses a record of another."""
        found = network_of(reader, log, partition)
        if network is None:
            if found is None:
                raise FaultsError([f"{log}/{partition} has no record that tells its network; give --network"])
            return found
        given = load_network(network).version
        if found not in (None, given):
            raise FaultsError(
                [f"{log}/{partition} is of network {found}, {network} is {given}; give that one, or none"]
            )
        return given

    def _waiting(self, left: float) -> None:
        """Say every few seconds that we wait."""
        if int(left) // NOTE_SECONDS != self._last_note:
            self._last_note = int(left) // NOTE_SECONDS
            _note(f"{self._zone_id}: waiting, {left:.0f} s left")


def _note(text: str) -> None:
    typer.echo(f"faultline: {text}", err=True)
