"""Operators in the middle of random storms, ordering about outages that are there: what holds without them holds."""

from __future__ import annotations

import random
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contracts.inputs.operator_command import NEEDED
from models.contracts.outputs.command_answer import CommandAnswerRecord
from models.contracts.topics import OPERATOR_COMMANDS
from models.times.iso8601 import parse_time
from tests.models.outages import test_invariants as invariants
from tests.models.outages.test_ledger import Watch
from tests.models.outages.test_zones import PARTITIONS, in_order, read_by_partition
from tests.worlds.evidence import Reader, instant_by_instant, moment
from tests.worlds.evidence_log import random_log, read_log
from tests.worlds.networks import network_of
from tests.worlds.random_storms import LONGEST, Storm, storms

UNTIL = moment(LONGEST + 1200)
KINDS = (*NEEDED, *("open", "merge", "split", "reopen", "restore", "cancel") * 2)
ROUNDS = 3


@st.composite
def ordered(draw: st.DrawFn) -> Storm:
    """A storm, and operators who see its outages: each round orders about those of the round before, too."""
    storm = draw(storms())
    storm.lines.pop(OPERATOR_COMMANDS, None)
    commands: list[dict[str, Any]] = []
    for turn in range(ROUNDS):
        records = _played(storm)
        count = draw(st.integers(0, 3)) if records else 0
        commands += [_order(draw, storm, records, f"{turn}.{number}") for number in range(count)]
        commands.sort(key=lambda command: command["received_at"])
        storm.lines[OPERATOR_COMMANDS] = list(map(orjson.dumps, commands))
    return storm


def _played(storm: Storm) -> list[dict[str, Any]]:
    reader = Reader(storm.network, storm.lines)
    for topic, lines in storm.lines.items():
        reader.advance(topic, len(lines))
    reader.pass_time(UNTIL)
    return reader.answer.lifecycle


def _order(draw: st.DrawFn, storm: Storm, records: list[dict[str, Any]], command_id: str) -> dict[str, Any]:
    """A command about an outage, soon or long after one of its revisions, at times not having seen it."""
    record, other = draw(st.sampled_from(records)), draw(st.sampled_from(records))
    at = parse_time(record["updated_at"]) + draw(st.sampled_from((0, 900, 1000, 20_000, 400_000)))
    kind, network = draw(st.sampled_from(KINDS)), storm.network
    device = draw(st.sampled_from([record["device_id"], *network.device_ids]))
    given_at = draw(st.sampled_from((None, at - 100_000)))
    command = {
        "command_id": command_id,
        "user": "op",
        "reason": "seen",
        "kind": kind,
        "at": at,
        "received_at": at + draw(st.sampled_from((0, 100, 60_000))),
        "outage_id": None if kind == "open" else record["outage_id"],
        "seen_revision": draw(st.sampled_from((record["revision"], 99))),
        "other_outage_id": other["outage_id"],
        "device_id": device if kind not in {"merge", "restore"} or draw(st.booleans()) else None,
        "usage_point_ids": draw(st.sampled_from((None, None, [network.point_ids[0]], list(network.point_ids)[-2:]))),
        "cause_code": "weather",
        "position": draw(st.sampled_from(("open", "closed"))),
        "crew_id": "crew1",
        "time": at - 100_000 if kind in {"set_start_time", "set_restoration_time"} else given_at,
        "storm_id": "s",
        "text": "T3",
    }
    return {name: value for name, value in command.items() if value is not None}


@settings(max_examples=40)
@given(storm=ordered(), restart=st.booleans())
def test_what_always_holds_holds_with_operators(storm: Storm, *, restart: bool) -> None:
    network, reader = storm.network, Reader(storm.network, storm.lines)
    watch, spoken = Watch(), 0
    for turn, at in enumerate(instant_by_instant(reader, UNTIL)):
        watch.look(at)
        if len(at.answer.lifecycle) > spoken:
            invariants.check_instants(at.answer, at.answer.lifecycle[spoken:], network)
            spoken = len(at.answer.lifecycle)
            invariants.check_state(at.engine, network)
            _one_a_class(at.engine.state.partition)
        if restart and turn % 5 == 0:
            reader.restart()
    watch.finish()
    answer = reader.answer
    invariants.check_records(answer)
    invariants.check_lives(answer)
    invariants.check_restorations(answer)
    for record in answer.answers:
        CommandAnswerRecord.model_validate(record)
    told = [record["command_id"] for record in answer.answers]
    assert len(told) == len(set(told))
    ordered_ids = {orjson.loads(line)["command_id"] for line in storm.lines.get(OPERATOR_COMMANDS, [])}
    assert set(told) <= ordered_ids
    revisions = {(record["outage_id"], record["revision"]): record for record in answer.lifecycle}
    for record in answer.answers:
        if record["result"] == "done" and record["outage_id"] is not None:
            said = revisions[record["outage_id"], record["revision"]]
            assert said["updated_at"] == record["updated_at"]
            assert record["command_id"] in {command["command_id"] for command in said["operators"]["commands"]}


def _one_a_class(partition: Any) -> None:
    """There is never a second open outage of a class of devices."""
    keys = [
        (int(partition.network.class_of[outage.device]), -1) if outage.device >= 0 else (-1, outage.service_point)
        for outage in partition.by_name.values()
    ]
    assert len(keys) == len(set(keys))


@settings(max_examples=15)
@given(storm=ordered(), draw=st.randoms(use_true_random=False))
def test_an_engine_a_partition_answers_what_one_engine_answers(storm: Storm, draw: random.Random) -> None:
    storm.lines = {topic: lines for topic, lines in storm.lines.items() if "crew" not in topic}
    storm.network = network_of(storm.devices, storm.points, evidence_partitions=PARTITIONS)
    log = random_log(storm.network, storm.lines, draw, 900, repeat=True)
    expected, _ = read_log(storm.network, log)
    lifecycle, restorations, answers = read_by_partition(storm, log, draw)
    assert in_order(answers) == in_order(expected.answers)
    assert in_order(lifecycle) == in_order(expected.lifecycle)
    assert in_order(restorations) == in_order(expected.restorations)
