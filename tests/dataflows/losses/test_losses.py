"""The flow `losses` on Kafka, where kill -9 shows nowhere: two zones of two partitions are one group."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from adapters.kafka.records.origin_log import partition_of
from dataflows.losses.declaration import EVERYWHERE, FLOW, LOG
from models.contracts.topics import OUTAGE_CLOCK, OUTAGE_STATE
from models.losses.output import OUTAGE_GROUPS, SOURCE_LOSSES
from models.times.iso8601 import format_time
from tests.chaos.processes import Flow as Process
from tests.chaos.processes import Place
from tests.chaos.topics import read_topics
from tests.peers.embedded import broker_with, write_outputs
from tests.peers.kafka import eventually
from tests.worlds.lifecycles import START, ended, name_of, revision

PARTITIONS, MINUTES = 2, 30
MODULE = "dataflows.losses.declaration"
AT = {"device_kind": "bus", "device_id": "bus"}


def states() -> dict[tuple[int, int], dict[str, Any]]:
    """By partition and minute a state: each partition tells of a bus, with another start a while after; both end."""
    return {
        (part, minute): state
        for part in range(PARTITIONS)
        for minute, state in {
            2: revision(part, START + 120, 1, zone_id=f"z{part}", **AT),
            20: ended(part, START + 1200, sequence=2, zone_id=f"z{part}", started_at=clock(2), **AT),
        }.items()
    }


def clock(minute: int) -> str:
    return format_time((START + 60 * minute) * 1000)


def tick(part: int, minute: int) -> dict[str, Any]:
    sequences = {OUTAGE_STATE: sum(of == part and at <= minute for of, at in states())}
    return {
        "event_id": f"{part}:{clock(minute)}", "schema_version": 1, "organisation": "test", "sequence": minute + 1,
        "evidence_partition": part, "updated_at": clock(minute), "sequences": sequences,
    }  # fmt: skip


@pytest.fixture
def broker() -> Iterator[str]:
    with broker_with(LOG.topic, *(output.topic for output in FLOW.outputs), partitions=PARTITIONS) as broker:
        yield broker


def write(broker: str, begin: int, end: int) -> None:
    """Write what belongs to some minutes, the clock last."""
    for minute in range(begin, end):
        records = [(OUTAGE_STATE, part, state) for (part, at), state in states().items() if at == minute]
        records += [(OUTAGE_CLOCK, part, tick(part, minute)) for part in range(PARTITIONS)]
        write_outputs(broker, records)


def written(broker: str, topic: str) -> list[dict[str, Any]]:
    place = (topic, partition_of(EVERYWHERE, PARTITIONS))
    return [orjson.loads(record.value or b"") for record in read_topics(broker, [place])[place]]


def has_said(process: Process, broker: str, counts: dict[str, int]) -> bool:
    process.check()
    return all(len(written(broker, topic)) >= count for topic, count in counts.items())


def test_kills_show_nowhere(broker: str, tmp_path: Path) -> None:
    given = {"embedded": "true", "flows": MODULE, "epoch_seconds": "0.2"}
    process = Process(broker, "", "losses", None, tmp_path / "state", Place(), given)
    try:
        for begin, end, count in ((0, 10, 1), (10, MINUTES, 2)):
            process.start()
            write(broker, begin, end)
            expected = {SOURCE_LOSSES.topic: count, OUTAGE_GROUPS.topic: 2}
            eventually(lambda expected=expected: has_said(process, broker, expected), 600.0)  # type: ignore[misc]
            process.kill()
    finally:
        process.kill()
    first, last = written(broker, SOURCE_LOSSES.topic)
    assert (first["status"], first["updated_at"], first["customers_out"]) == ("open", clock(2), 60)
    assert (last["status"], last["updated_at"], last["zone_ids"]) == ("over", clock(20), ["z0", "z1"])
    groups = written(broker, OUTAGE_GROUPS.topic)
    assert {one["outage_id"]: one["group_id"] for one in groups} == dict.fromkeys(
        map(name_of, (0, 1)), last["group_id"]
    )
    assert [one["sequence"] for one in groups] == [1, 2]
