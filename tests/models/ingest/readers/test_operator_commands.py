"""Operators' commands: what the contract accepts is a row of the zone that its outage names, all else a dead letter."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts.inputs.operator_command import NEEDED, PLACED, STORM_COMMANDS, OperatorCommand
from models.contracts.topics import OPERATOR_COMMANDS
from models.decoding.validation import Refused, validate
from models.evidence.log_record import LogRecord, decode_record, encode_record
from models.evidence.routing import Routing
from models.ingest.file_origin import FileOrigin
from models.ingest.origin_reader import OriginReader
from models.network.zone_digest import digest_faults, zone_digest
from models.outages.state.outage import outage_id
from tests.worlds.networks import Device, Point, network_of

START = 1_782_900_000_000
NETWORK = network_of(
    [Device("a", substation="one"), Device("b", substation="two")], [Point("p", "a"), Point("q", "b")],
    evidence_partitions=2,
)  # fmt: skip
IDS = {zone: outage_id(zone, "p", START) for zone in ("one", "two", "three")}


def event(**fields: Any) -> dict[str, Any]:
    known = {"command_id": "c", "user": "op7", "reason": "seen", "kind": "confirm", "at": START - 5}
    return known | {"received_at": START, "outage_id": IDS["one"], "seen_revision": 3} | fields


EVENTS = st.builds(
    event,
    kind=st.sampled_from((*NEEDED, "lunch")),
    outage_id=st.sampled_from((*IDS.values(), "x", "")) | st.just(None),
    seen_revision=st.sampled_from((0, 7, None, "7", 1.5)),
    time=st.sampled_from((START, "2026-07-01T00:00:00Z", "soon", None)),
    text=st.sampled_from(("é", None)),
    cause_code=st.sampled_from(("weather", "mischief", None)),
)


@given(events=st.lists(EVENTS, max_size=6), cut=st.integers(0, 6))
def test_rows_and_dead_letters_are_those_of_the_contract_however_lines_are_cut(
    events: list[dict[str, Any]], cut: int
) -> None:
    lines = list(map(orjson.dumps, events))
    origin = FileOrigin(OriginReader(NETWORK, OPERATOR_COMMANDS))
    parts = [origin.take(lines[:cut], last=False), origin.take(lines[cut:], last=True)]
    rows = [row for part in parts for row in part.batch.commands]
    refused = {letter.offset for part in parts for letter in part.dead_letters}
    accepted = {}
    for offset, line in enumerate(lines):
        try:
            accepted[offset] = validate(OperatorCommand, line)
        except Refused:
            assert offset in refused
    assert {row.offset: row.event for row in rows} == accepted
    assert {row.value for row in rows} == {lines[offset] for offset in accepted}
    zones = {"one": "one", "two": "two"}
    named = {IDS[zone]: zone for zone in zones}
    of = [row.event.outage_id if row.event.kind not in STORM_COMMANDS else None for row in rows]
    assert [row.zone_id for row in rows] == [named.get(one or "", "") for one in of]
    log = LogRecord("v", [part.batch for part in parts])
    assert [row for batch in decode_record(encode_record(log)).batches for row in batch.commands] == rows


def test_a_command_goes_to_the_partition_of_its_zone_else_to_the_first() -> None:
    lines = [orjson.dumps(event(outage_id=IDS[zone], command_id=zone)) for zone in ("one", "two", "three", "two")]
    for device in ("a", "b", "nowhere"):
        position = {"kind": "set_position", "device_id": device, "position": "open"}
        lines.append(orjson.dumps(event(**position, outage_id=None, seen_revision=None)))
    batch = OriginReader(NETWORK, OPERATOR_COMMANDS).read(lines, 0, 0).batch
    split = Routing.of(NETWORK, NETWORK.zone_partition, 2).split(batch, 1)
    of_zone = dict(zip(NETWORK.zone_ids, NETWORK.zone_partition.tolist(), strict=True))
    assert set(of_zone.values()) == {0, 1}
    for zone, partition in of_zone.items():
        expected = [
            offset
            for offset, named in enumerate(("one", "two", "", "two", "one", "two", ""))
            if of_zone.get(named, 0) == partition
        ]
        assert [row.offset for row in split[partition].commands] == expected, zone


@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind, fields in NEEDED.items() for field in fields])
def test_a_command_without_what_it_needs_is_a_dead_letter_that_names_it(kind: str, field: str) -> None:
    more = {"device_id": "a", "position": "open", "crew_id": "crew1", "text": "T", "cause_code": "other"}
    more |= {"other_outage_id": "o", "storm_id": "s", "other_device_id": "b", "element_id": "e"}
    whole = event(kind=kind, time=START, **more)
    assert not OriginReader(NETWORK, OPERATOR_COMMANDS).read([orjson.dumps(whole)], 0, 0).dead_letters
    (letter,) = OriginReader(NETWORK, OPERATOR_COMMANDS).read([orjson.dumps(whole | {field: None})], 0, 0).dead_letters
    assert letter.disposition == "schema"
    assert f"a command of kind {kind} has no {field}" in letter.message


def test_zones_whose_outages_could_not_be_told_apart_are_refused() -> None:
    by_digest: dict[str, str] = {}
    pair = next(
        (by_digest[zone_digest(name)], name)
        for name in map(str, range(1_000_000))
        if by_digest.setdefault(zone_digest(name), name) != name
    )
    assert digest_faults(["a", "b"]) == []
    (fault,) = digest_faults(["a", *pair])
    assert all(repr(name) in fault for name in pair)


@pytest.mark.parametrize("kind", sorted(PLACED))
def test_where_an_outage_begins_is_said_by_a_device_or_by_usage_points(kind: str) -> None:
    reader = OriginReader(NETWORK, OPERATOR_COMMANDS)
    for place, refused in (
        ({}, 1),
        ({"usage_point_ids": []}, 1),
        ({"usage_point_ids": ["p"]}, 0),
        ({"device_id": "a"}, 0),
    ):
        line = orjson.dumps(event(kind=kind) | {"device_id": None, "usage_point_ids": None} | place)
        assert len(reader.read([line], 0, 0).dead_letters) == refused


def test_a_command_that_names_usage_points_alone_is_of_their_zone() -> None:
    for point, zone in (
        (NETWORK.point_ids[0], NETWORK.zone_ids[int(NETWORK.device_zone[NETWORK.point_device[0]])]),
        ("?", ""),
    ):
        line = orjson.dumps(event(kind="open", usage_point_ids=[point]) | {"outage_id": None, "device_id": None})
        (row,) = OriginReader(NETWORK, OPERATOR_COMMANDS).read([line], 0, 0).batch.commands
        assert row.zone_id == zone
