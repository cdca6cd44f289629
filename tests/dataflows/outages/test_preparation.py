"""Where outages begins without a snapshot: a checkpoint of its own, else the head of the log, else not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from confluent_kafka import Producer

from adapters.kafka.clients.producer import CheckedProducer
from adapters.kafka.playing.embedded import RETAINED_BYTES, EmbeddedBroker
from adapters.kafka.records.checkpoints import CHECKPOINT_MS, Checkpoint, chunks
from dataflows.outages.preparation import PreparedOutages, Start, prepare_outages
from dataflows.outages.settings import OutagesSettings
from models.contracts.topics import EVIDENCE_LOG, ZONE_CHECKPOINT
from models.refusal import FaultsError
from tests.worlds.storms import CKT5

PARTITION = 3


def settings(bootstrap: str, **given: object) -> OutagesSettings:
    defaults = {"kafka": bootstrap, "embedded": True, "network": CKT5, "state": Path("nowhere")}
    return OutagesSettings.model_validate(defaults | given)


def prepared(broker: EmbeddedBroker, **given: object) -> PreparedOutages:
    return prepare_outages(settings(broker.bootstrap, **given))


def keep(broker: EmbeddedBroker, made_by: PreparedOutages, turn: int, offset: int, state: bytes) -> None:
    producer = CheckedProducer({"bootstrap.servers": broker.bootstrap, "log_level": 0})
    for chunk in chunks(Checkpoint(turn, offset, made_by.identity_bytes, state)):
        producer.send(ZONE_CHECKPOINT, PARTITION, chunk)
    producer.flush()


def lose_the_head(broker: EmbeddedBroker) -> int:
    """Write so much into the log that the broker drops its first records; returns how many were written."""
    producer = Producer({"bootstrap.servers": broker.bootstrap, "linger.ms": 0, "batch.num.messages": 1})
    for _ in range(12):
        producer.produce(EVIDENCE_LOG, os.urandom(RETAINED_BYTES // 8), partition=PARTITION)
    assert producer.flush(20) == 0
    return 12


def test_without_a_checkpoint_the_log_is_read_from_its_first_record(broker: EmbeddedBroker) -> None:
    assert prepared(broker).start(PARTITION) == Start(0, None)


def test_the_newest_checkpoint_counts_or_the_newest_before_an_instant(broker: EmbeddedBroker) -> None:
    outages = prepared(broker)
    large = os.urandom(1_300_000)
    keep(broker, outages, 10, 100, b"older")
    keep(broker, outages, 11, 200, large)
    assert outages.start(PARTITION) == Start(200, large)
    assert outages.start_before(PARTITION, 11 * CHECKPOINT_MS - 1) == Start(100, b"older")
    assert outages.start_before(PARTITION, 10 * CHECKPOINT_MS - 1) == Start(0, None)
    assert outages.start(PARTITION + 1) == Start(0, None)


def test_a_checkpoint_of_something_else_is_refused_with_each_difference(broker: EmbeddedBroker, tmp_path: Path) -> None:
    keep(broker, prepared(broker), 10, 100, b"state")
    model = tmp_path / "model.toml"
    model.write_text("coherence_seconds = 100\n")
    with pytest.raises(FaultsError) as refused:
        prepared(broker, organisation="another", model=model).start(PARTITION)
    model_fault, organisation_fault = refused.value.faults
    assert "partition 3 is of another model: " in model_fault
    assert "partition 3 is of another organisation: default, now another; run with" in organisation_fault


def test_a_log_without_head_and_checkpoint_is_refused(broker: EmbeddedBroker) -> None:
    written = lose_the_head(broker)
    outages = prepared(broker)
    with pytest.raises(FaultsError, match=r"grid.evidence.log.v1/3 begins at offset \d+: its head is gone"):
        outages.start(PARTITION)
    keep(broker, outages, 10, 0, b"from before")
    with pytest.raises(FaultsError, match="no checkpoint is left; restore the state folder"):
        outages.start(PARTITION)
    keep(broker, outages, 11, written, b"at the end")
    assert outages.start(PARTITION) == Start(written, b"at the end")


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    model, delivery = tmp_path / "model.toml", tmp_path / "delivery.csv"
    model.write_text("no_such_rate = 1\n")
    delivery.write_text("source,collector_id,rate\n*,*,much\n")
    wrong = {"network": tmp_path / "nothing", "model": model, "delivery": str(delivery)}
    with EmbeddedBroker() as empty, pytest.raises(FaultsError) as refused:
        prepare_outages(settings(empty.bootstrap, **wrong))
    for name in ("nothing", "no_such_rate", "delivery.csv", EVIDENCE_LOG):
        assert any(name in fault for fault in refused.value.faults), name
