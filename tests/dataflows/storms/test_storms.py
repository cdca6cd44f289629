"""The flow `storms` on Kafka, where kill -9 shows nowhere, and in a replay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from adapters.kafka.records.followed_record import RecordReader
from adapters.kafka.records.origin_log import partition_of
from adapters.kafka.records.output_record import outgoing
from adapters.storms.policy_file import read_storm_policy
from dataflows.storms.declaration import EVERYWHERE, FLOW, LOG, route
from models.contracts.registry import output_of
from models.contracts.topics import OPERATOR_ANSWERS, OUTAGE_CLOCK, OUTAGE_STATE
from models.storms.output import OUTAGE_STORMS, STORM_ANSWERS, STORMS
from models.storms.storms import Storms
from models.timeline.life import Life
from models.timeline.moment import Followed, Moment
from models.times.iso8601 import format_time
from tests.chaos.processes import Flow as Process
from tests.chaos.processes import Place
from tests.chaos.topics import read_topics
from tests.peers.embedded import broker_with, write_outputs
from tests.peers.kafka import eventually
from tests.worlds.golden import replay_golden
from tests.worlds.lifecycles import START, ended, revision

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


def answers() -> dict[int, dict[str, Any]]:
    """What the engine says to commands at some of the minutes: the first is refused, the second of no storm."""
    told: dict[int, dict[str, Any]] = {}
    orders = {10: {"kind": "close_storm", "storm_id": "nowhere"}, 12: None, 20: {"kind": "open_storm", "name": "Hera"}}
    for number, (minute, order) in enumerate(orders.items(), start=1):
        at = format_time((START + 60 * minute) * 1000)
        whole = (
            {"storm_id": None, "time": None, "name": None, "exclusion_reason": None, "at": at, **order}
            if order
            else None
        )
        told[minute] = {
            "event_id": f"c{number}", "command_id": f"c{number}", "schema_version": 1, "organisation": "test",
            "sequence": number, "result": "passed_on" if order else "done", "reason": None, "message": None,
            "outage_id": None, "revision": None, "zone_id": None, "updated_at": at, "storm_order": whole,
        }  # fmt: skip
    del told[12]["storm_order"]  # as it was written before there were orders of storms
    return told


def tick(part: int, minute: int) -> dict[str, Any]:
    at = format_time((START + 60 * minute) * 1000)
    told = {OUTAGE_STATE: states(), OPERATOR_ANSWERS: answers()}
    sequences = {stem: sum(one <= minute for one in some) if part == 0 else 0 for stem, some in told.items()}
    return {
        "event_id": f"{part}:{at}", "schema_version": 1, "organisation": "test", "sequence": minute + 1,
        "evidence_partition": part, "updated_at": at, "sequences": sequences,
    }  # fmt: skip


@pytest.fixture
def broker() -> Iterator[str]:
    with broker_with(LOG.topic, *(output.topic for output in FLOW.outputs), partitions=PARTITIONS) as broker:
        yield broker


def write(broker: str, begin: int, end: int) -> None:
    """Write what belongs to some minutes, the clock last."""
    for minute in range(begin, end):
        told = {OUTAGE_STATE: states(), OPERATOR_ANSWERS: answers()}
        records = [(stem, 0, some[minute]) for stem, some in told.items() if minute in some]
        records += [(OUTAGE_CLOCK, part, tick(part, minute)) for part in range(PARTITIONS)]
        write_outputs(broker, records)


def expected(policy: Path) -> dict[str, list[bytes | None]]:
    """What the model says, asked by itself."""
    told, outputs = read_storm_policy(policy), {output.name: output for output in FLOW.outputs}
    readers = {stem: RecordReader(output_of(stem)) for stem in (OUTAGE_STATE, OPERATOR_ANSWERS)}
    life = Life(lambda saved: Storms(told, [(0, 0)], saved), FLOW.outputs, "default")
    records: dict[str, list[bytes | None]] = {name: [] for name in outputs}
    for minute in range(MINUTES):
        known = {OUTAGE_STATE: states(), OPERATOR_ANSWERS: answers()}
        routed = [route(readers[stem].take(some[minute])) for stem, some in known.items() if minute in some]
        some = tuple(Followed(LOG.topic, minute, *one) for one in routed if one is not None)
        for name, record in life.take(Moment(minute + 1, (START + 60 * minute) * 1000, some)):
            records[name].append(outgoing(outputs[name], record, "default").value)
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
    told = [orjson.loads(value or b"") for value in whole[STORM_ANSWERS.name]]
    assert [(one["command_id"], one["reason"]) for one in told] == [("c1", "unknown_storm"), ("c3", None)]
    assert whole[OUTAGE_STORMS.name][-1] is None  # cancelled: of no storm
    given = {"embedded": "true", "flows": MODULE, "storms_policy": str(policy), "epoch_seconds": "0.2"}
    process = Process(broker, "", "storms", None, tmp_path / "state", Place(), given)
    try:
        all_of_it = {stem.topic: len(whole[stem.name]) for stem in FLOW.outputs}
        for begin, end, said in ((0, 20, {STORMS.topic: 1}), (20, MINUTES, all_of_it)):
            process.start()
            write(broker, begin, end)
            eventually(lambda said=said: has_said(process, broker, said), 600.0)  # type: ignore[misc]
            process.kill()
        assert {stem.name: written(broker, stem.topic) for stem in FLOW.outputs} == whole
    finally:
        process.kill()


def test_a_replay_has_the_storm_that_is_ordered_in_it(tmp_path: Path) -> None:
    replay_golden(tmp_path / "output", MODULE)
    files = {output.name: (tmp_path / "output" / f"{output.topic}.jsonl").read_bytes() for output in FLOW.outputs}
    told = {name: list(map(orjson.loads, lines.splitlines())) for name, lines in files.items()}
    assert [(one["command_id"], one["result"]) for one in told[STORM_ANSWERS.name]] == [("cmd-47", "done")]
    assert {(one["name"], one["opened_by"]) for one in told[STORMS.name]} == {
        ("Zeus", "operator")
    }  # 166 are none by rule
    of = {one["outage_id"]: one["storm_id"] for one in told[OUTAGE_STORMS.name] if "storm_id" in one}
    assert len(of) >= told[STORMS.name][0]["outages"] > 3
    assert set(of.values()) == {told[STORM_ANSWERS.name][0]["storm_id"]}
