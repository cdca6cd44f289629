"""Planned works: what the contract accepts becomes a row with the same facts, all else a dead letter."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts.inputs.planned_work import PlannedWorkEvent
from models.contracts.topics import WORK_EVENTS
from models.decoding.validation import Refused, validate
from models.evidence.routing import Routing
from models.evidence.work_codes import WORK_KINDS, WORK_STATUSES
from models.ingest.file_origin import FileOrigin
from models.ingest.origin_reader import OriginReader
from tests.worlds.networks import Device, Point, network_of

START = 1_782_900_000_000
NETWORK = network_of(
    [Device("a", substation="one"), Device("b", substation="two"), Device("c", "b", substation="two")],
    [Point("p", "a"), Point("q", "c")],
    evidence_partitions=2,
)


def event(**fields: Any) -> dict[str, Any]:
    known = {"work_id": "W", "device_id": "a", "kind": "maintenance", "status": "planned", "planned_from": START}
    known |= {"planned_to": START + 9, "observed_at": START - 5, "received_at": START}
    return known | fields


EVENTS = st.builds(
    event,
    work_id=st.sampled_from(("W", "é", "")) | st.just(None),
    device_id=st.sampled_from(("a", "b", "c", "nowhere")),
    kind=st.sampled_from((*WORK_KINDS, "lunch")),
    status=st.sampled_from((*WORK_STATUSES, "")),
    planned_from=st.sampled_from((START, "2026-07-01T00:00:00Z", "soon", None)),
    planned_to=st.sampled_from((START + 1, START, "2026-07-02T00:00:00+02:00")),
)


@given(events=st.lists(EVENTS, max_size=6), cut=st.integers(0, 6))
def test_rows_and_dead_letters_are_those_of_the_contract_however_lines_are_cut(
    events: list[dict[str, Any]], cut: int
) -> None:
    lines = list(map(orjson.dumps, events))
    origin = FileOrigin(OriginReader(NETWORK, WORK_EVENTS))
    parts = [origin.take(lines[:cut], last=False), origin.take(lines[cut:], last=True)]
    rows = [row for part in parts for row in part.batch.works]
    letters = {letter.offset: letter.disposition for part in parts for letter in part.dead_letters}
    for offset, line in enumerate(lines):
        expected = _expected(line)
        if isinstance(expected, str):
            assert letters.pop(offset) == expected
            continue
        row = rows.pop(0)
        assert (row.offset, row.work_id, row.device) == (offset, expected.work_id, _number(expected.device_id))
        assert (WORK_KINDS[row.kind], WORK_STATUSES[row.status]) == (expected.kind, expected.status)
        assert (row.planned_from, row.planned_to) == (expected.planned_from, expected.planned_to)
        assert (row.log_time, row.observed_at, row.received_at) == (START, START - 5, START)
    assert not rows
    assert not letters
    assert sum(part.batch.read for part in parts) == len(lines)


def _expected(line: bytes) -> PlannedWorkEvent | str:
    try:
        accepted = validate(PlannedWorkEvent, line)
    except Refused as refused:
        return refused.reason.disposition
    return "unknown-device" if accepted.device_id == "nowhere" else accepted


def _number(device: str) -> int:
    return int(NETWORK.device_number[NETWORK.find_devices([device])[0]])


@pytest.mark.parametrize("home", [0, 1])
def test_a_work_goes_to_the_partition_of_its_device(home: int) -> None:
    lines = [orjson.dumps(event(device_id=device)) for device in "abcab"]
    batch = OriginReader(NETWORK, WORK_EVENTS).read(lines, 0, 0).batch
    split = Routing.of(NETWORK, NETWORK.zone_partition, 2).split(batch, home)
    of_zone = dict(zip(NETWORK.zone_ids, NETWORK.zone_partition.tolist(), strict=True))
    assert [row.offset for row in split[of_zone["one"]].works] == [0, 3]
    assert [row.offset for row in split[of_zone["two"]].works] == [1, 2, 4]
    assert {partition: part.read for partition, part in split.items()} == {home: 5, 1 - home: 0}


def test_an_empty_window_says_what_to_send() -> None:
    letters = OriginReader(NETWORK, WORK_EVENTS).read([orjson.dumps(event(planned_to=START))], 0, 0).dead_letters
    assert [letter.message for letter in letters] == [
        "planned_to is not after planned_from: send the window in which power may be off"
    ]
