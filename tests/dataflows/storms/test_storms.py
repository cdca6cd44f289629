"""The flow `storms` on Kafka, where kill -9 shows nowhere, and in a replay."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka import Producer

from adapters.kafka.playing.embedded import EmbeddedBroker
from adapters.kafka.records.followed_record import RecordReader
from adapters.kafka.records.origin_log import partition_of
from adapters.kafka.records.output_record import outgoing
from adapters.kafka.topics.table import layout
from adapters.storms.policy_file import read_storm_policy
from dataflows.storms.declaration import EVERYWHERE, FLOW, LOG, route
from models.contracts.registry import output_of
from models.contracts.topics import OUTAGE_CLOCK, OUTAGE_STATE
from models.storms.output import OUTAGE_STORMS, STORMS
from models.storms.storms import Storms
from models.timeline.life import Life
from models.timeline.moment import Followed, Moment
from models.times.iso8601 import format_time
from tests.chaos.processes import Flow as Process
from tests.chaos.processes import Place
from tests.chaos.topics import read_topics
from tests.peers.kafka import eventually
from tests.worlds.golden import GOLDEN
from tests.worlds.lifecycles import START, ended, revision
from tests.worlds.storms import COMMAND, HOME

PARTITIONS, MINUTES = 2, 60
MODULE = "dataflows.storms.declaration"
POLICY = """
open_outages = 2
open_customers = 40
area_customers = 40
end_customers = 5
end_seconds = 600
[[declared]]
name = "Zeus"
start = 2026-07-02T00:00:00Z
"""


def states() -> dict[int, dict[str, Any]]:
    """A state at some of the minutes: two outages make a storm, one ends, the other is merged and so none of it."""
    return {
        2: revision(1, START + 120, 1),
        4: revision(2, START + 240, 2),
        30: ended(1, START + 1800, sequence=3),
        34: ended(2, START + 2040, "cancelled", sequence=4),
    }


def tick(part: int, minute: int) -> dict[str, Any]:
    at = format_time((START + 60 * minute) * 1000)
    said = sum(one <= minute for one in states()) if part == 0 else 0
    return {
        "event_id": f"{part}:{at}", "schema_version": 1, "organisation": "test", "sequence": minute + 1,
        "evidence_partition": part, "updated_at": at, "sequences": {OUTAGE_STATE: said},
    }  # fmt: skip


@pytest.fixture
def broker() -> Iterator[str]:
    with EmbeddedBroker() as broker:
        for topic in layout(1, PARTITIONS, played=True):
            broker.create(topic.name, topic.partitions)
        for stem in (LOG.topic, STORMS.topic, OUTAGE_STORMS.topic):
            broker.create(stem, PARTITIONS)
        yield broker.bootstrap


def write(broker: str, begin: int, end: int) -> None:
    """Write what belongs to some minutes, the clock last."""
    producer = Producer({"bootstrap.servers": broker, "log_level": 0})
    for minute in range(begin, end):
        records = [(OUTAGE_STATE, 0, states()[minute])] if minute in states() else []
        for stem, part, record in [*records, *((OUTAGE_CLOCK, part, tick(part, minute)) for part in range(PARTITIONS))]:
            one = outgoing(output_of(stem), record, "test")
            producer.produce(stem, one.value, one.key, part, headers=list(one.headers or ()))
        assert producer.flush(60) == 0


def expected(policy: Path) -> dict[str, list[bytes | None]]:
    """What the model says, asked by itself."""
    told, reader = read_storm_policy(policy), RecordReader(output_of(OUTAGE_STATE))
    life = Life(lambda saved: Storms(told, [(0, 0)], saved), [STORMS, OUTAGE_STORMS], "default")
    records: dict[str, list[bytes | None]] = {STORMS.name: [], OUTAGE_STORMS.name: []}
    for minute in range(MINUTES):
        routed = [route(reader.take(states()[minute]))] if minute in states() else []
        some = tuple(Followed(LOG.topic, minute, *one) for one in routed if one is not None)
        for name, record in life.take(Moment(minute + 1, (START + 60 * minute) * 1000, some)):
            records[name].append(outgoing(STORMS if name == STORMS.name else OUTAGE_STORMS, record, "default").value)
    return records


def written(broker: str, topic: str) -> list[bytes | None]:
    place = (topic, partition_of(EVERYWHERE, PARTITIONS))
    return [record.value for record in read_topics(broker, [place])[place]]


def has_said(process: Process, broker: str, counts: dict[str, int]) -> bool:
    """Both topics are asked: what one epoch says reaches them one after the other."""
    process.check()
    return all(len(written(broker, topic)) >= count for topic, count in counts.items())


def test_kills_show_nowhere(broker: str, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY)
    whole = expected(policy)
    last = orjson.loads(whole[STORMS.name][-1] or b"")
    assert (last["status"], last["outages"], last["customers_out_most"]) == ("over", 1, 60)
    assert whole[OUTAGE_STORMS.name][-1] is None  # cancelled: of no storm
    given = {"embedded": "true", "flows": MODULE, "policy": str(policy), "epoch_seconds": "0.2"}
    process = Process(broker, "", "storms", None, tmp_path / "state", Place(), given)
    try:
        all_of_it = {stem.topic: len(whole[stem.name]) for stem in (STORMS, OUTAGE_STORMS)}
        for begin, end, said in ((0, 20, {STORMS.topic: 1}), (20, MINUTES, all_of_it)):
            process.start()
            write(broker, begin, end)
            eventually(lambda said=said: has_said(process, broker, said), 600.0)  # type: ignore[misc]
            process.kill()
        assert written(broker, STORMS.topic) == whole[STORMS.name]
        assert written(broker, OUTAGE_STORMS.topic) == whole[OUTAGE_STORMS.name]
    finally:
        process.kill()


def test_a_replay_has_the_topics_of_the_usual_policy(tmp_path: Path) -> None:
    own = {name: value for name, value in os.environ.items() if name != "FAULTLINE_KAFKA"} | {"FAULTLINE_FLOWS": MODULE}
    arguments = ["--network", GOLDEN / "network", "--input", GOLDEN / "storm", "--output", tmp_path / "output"]
    command = [*COMMAND, "replay", *map(str, arguments)]
    done = subprocess.run(command, cwd=HOME, env=own, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 3), done.stderr
    for output in FLOW.outputs:
        assert (tmp_path / "output" / f"{output.topic}.jsonl").read_bytes() == b""  # 166 customers are no storm
