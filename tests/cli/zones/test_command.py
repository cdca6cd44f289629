"""`faultline zones`: what is set aside is listed, and taken up by an order in the evidence log."""

from typing import Literal

import orjson
import pytest

from adapters.kafka.clients.producer import Outgoing
from adapters.kafka.records.output_record import outgoing
from models.contracts.outputs.zone_health import ZoneHealthRecord
from models.contracts.registry import output_of
from models.contracts.topics import EVIDENCE_LOG, ZONE_HEALTH
from models.evidence.batch import EvidenceBatch
from models.evidence.log_record import LogRecord, decode_record, encode_record
from tests.peers.commands import Operator
from tests.peers.embedded import read_back
from tests.peers.kafka import eventually


def health(zone: str, revision: int, status: Literal["quarantined", "healthy"]) -> Outgoing:
    record = ZoneHealthRecord(
        event_id=f"{zone}:{revision}",
        schema_version=1,
        organisation="default",
        sequence=revision,
        zone_id=zone,
        revision=revision,
        status=status,
        since="2026-07-01T18:00:00.000Z",
        updated_at="2026-07-01T18:00:00.000Z",
        evidence_partition=1,
        evidence_offset=0,
        error="ValueError: that was too much" if status == "quarantined" else None,
        outage_ids=["a" * 26],
    )
    return outgoing(output_of(ZONE_HEALTH), record.model_dump() | {"of_a_newer_version": 1}, "default")


@pytest.fixture
def operator(kafka: str, prefix: str) -> Operator:
    """Somebody with two zones set aside, one that was, and a log of two records, the newer of network `two`.

    Somebody else has written among the zones' health.
    """
    operator = Operator(kafka, prefix)
    operator.write(ZONE_HEALTH, 1, health("east", 1, "quarantined"), health("west", 1, "quarantined"))
    operator.write(
        ZONE_HEALTH, 1, Outgoing(b"{}", b"east"), health("x", 1, "healthy")._replace(value=b'{"zone_id": 7}')
    )
    operator.write(ZONE_HEALTH, 1, health("north", 1, "quarantined"), health("north", 2, "healthy"))
    batch = EvidenceBatch("ami.meter.events.v1/0", 1000, offsets=(0, 1))
    operator.write(EVIDENCE_LOG, 1, *(Outgoing(encode_record(LogRecord(name, [batch]))) for name in ("one", "two")))
    return operator


def orders(operator: Operator) -> list[LogRecord]:
    records = read_back(operator.client, operator.prefix + EVIDENCE_LOG, 1)
    return [decode_record(record.value or b"") for record in records[2:]]


def test_zones_set_aside_are_listed(operator: Operator) -> None:
    assert [told["zone_id"] for told in operator.ask("zones", "list")] == ["east", "west"]
    assert [told["status"] for told in operator.ask("zones", "list", "--all")] == [
        "quarantined",
        "healthy",
        "quarantined",
    ]
    shown = operator.run("zones", "list").stdout
    assert shown.startswith("east  quarantined since 2026-07-01T18:00:00.000Z  evidence 1/0\n  ValueError: that was")
    assert orders(operator) == []


@pytest.mark.parametrize(("answer", "code"), [("healthy", 0), ("quarantined", 1)])
def test_a_zone_is_taken_up_by_the_log(
    operator: Operator, answer: Literal["quarantined", "healthy"], code: int
) -> None:
    with operator.start("zones", "resume", "east", "--json") as resuming:
        eventually(lambda: bool(orders(operator)) or resuming.poll() is not None)
        (order,) = orders(operator)
        assert (order.network_version, list(order.resume_zones), list(order.batches)) == ("two", ["east"], [])
        operator.write(ZONE_HEALTH, 1, health("west", 2, "healthy"), health("east", 2, answer))
        output, errors = resuming.communicate(timeout=240)
    assert resuming.returncode == code, errors
    assert (orjson.loads(output)["zone_id"], orjson.loads(output)["status"]) == ("east", answer)


def test_what_is_not_set_aside_is_not_taken_up(operator: Operator) -> None:
    for zone in ("north", "nowhere"):
        refused = operator.run("zones", "resume", zone)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert f"zone {zone}" in refused.stderr
    assert orders(operator) == []
    late = operator.run("zones", "resume", "east", "--wait", 0.1)
    assert late.returncode == 1
    assert "is not taken up" in late.stderr
