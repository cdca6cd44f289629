"""The flow `customers` in a replay and on Kafka: the same bytes, kills show nowhere, and a lost state ends the same."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka import Producer

from adapters.kafka.records.output_record import outgoing
from benchmarks.customers.convergence import differences, names_of
from models.contracts.outputs.customer_power import CustomerPowerRecord
from models.contracts.registry import output_of
from models.contracts.topics import OUTAGE_CLOCK, OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP
from models.customers.output import CUSTOMER_POWER
from tests.chaos.processes import Flow as Process
from tests.chaos.processes import Place
from tests.chaos.topics import read_topics
from tests.peers.embedded import broker_with
from tests.peers.kafka import eventually
from tests.worlds.golden import GOLDEN, replay_golden

MODULE = "dataflows.customers.declaration"
FOLLOWED = (OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP, OUTAGE_CLOCK)
Records = list[dict[str, Any]]


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The golden storm's records, and what the flow says of them."""
    output = tmp_path_factory.mktemp("replayed")
    replay_golden(output, MODULE)
    return output


def lines_of(folder: Path, topic: str) -> list[bytes]:
    return (folder / f"{topic}.jsonl").read_bytes().splitlines()


def read(lines: list[bytes]) -> Records:
    return [orjson.loads(line) for line in lines]


def test_a_replay_ends_with_what_the_ledger_says(replayed: Path) -> None:
    assert list(differences(replayed, names_of(GOLDEN / "network"))) == []
    states = read(lines_of(replayed, CUSTOMER_POWER.topic))
    assert len({record["usage_point_id"] for record in states}) > 100
    assert {record["message_code"] for record in states} >= {"detected", "planned", "crew_assigned", "restored"}
    for record in states:
        CustomerPowerRecord.model_validate(record)


@pytest.fixture
def broker() -> Iterator[str]:
    with broker_with(CUSTOMER_POWER.topic) as broker:
        yield broker


def write(broker: str, replayed: Path, begin: float, end: float) -> str:
    """Write what belongs to a share of the instants, the clock last; returns the last of them."""
    ticks = read(lines_of(replayed, OUTAGE_CLOCK))
    some = ticks[int(begin * len(ticks)) : int(end * len(ticks))]
    before = ticks[int(begin * len(ticks)) - 1]["sequences"] if begin else {}
    producer = Producer({"bootstrap.servers": broker, "log_level": 0})
    for topic in FOLLOWED:
        records = some
        if topic != OUTAGE_CLOCK:
            records = read(lines_of(replayed, topic))[before.get(topic, 0) : some[-1]["sequences"][topic]]
        for record in records:
            one = outgoing(output_of(topic), record, "default")
            producer.produce(topic, one.value, one.key, 0, headers=list(one.headers or ()))
    assert producer.flush(60) == 0
    return str(some[-1]["updated_at"])


def written(broker: str) -> list[bytes]:
    place = (CUSTOMER_POWER.topic, 0)
    return [record.value or b"" for record in read_topics(broker, [place])[place]]


def last_of(lines: list[bytes]) -> dict[str, dict[str, Any]]:
    added = {"event_id", "sequence", "updated_at"}
    return {one["usage_point_id"]: {name: one[name] for name in one.keys() - added} for one in read(lines)}


def test_kills_show_nowhere_and_a_lost_state_ends_the_same(broker: str, replayed: Path, tmp_path: Path) -> None:
    whole = lines_of(replayed, CUSTOMER_POWER.topic)
    given = {"embedded": "true", "flows": MODULE, "epoch_seconds": "0.2"}
    process = Process(broker, "", "customers", GOLDEN / "network", tmp_path / "state", Place(), given)

    def said(count: int) -> bool:
        process.check()
        return len(written(broker)) >= count

    try:
        for begin, end in ((0.0, 0.3), (0.3, 0.6)):
            process.start()
            until = write(broker, replayed, begin, end)
            expected = [line for line in whole if orjson.loads(line)["updated_at"] <= until]
            count = len(expected)
            eventually(lambda count=count: said(count), 600.0)  # type: ignore[misc]
            process.kill()
            assert written(broker) == expected
        shutil.rmtree(process.state)
        process.start()
        write(broker, replayed, 0.6, 1.0)
        eventually(lambda: process.check() is None and last_of(written(broker)) == last_of(whole), 600.0)  # type: ignore[func-returns-value]
        ids = [record["event_id"] for record in read(written(broker))]
        assert len(set(ids)) == len(ids)
    finally:
        process.kill()
