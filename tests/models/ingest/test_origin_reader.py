"""Each topic's rules by example; the refused lines with their reasons stand in tests/data/ingest as well."""

import json
import random
from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.contracts.topics import CALL_EVENTS, CREW_EVENTS, METER_EVENTS, RAW_TOPICS, SCADA_EVENTS
from models.decoding.cut_line import KEPT, LONGEST, CutLine
from models.evidence.batch import END_OF_LOG
from models.evidence.kinds import KIND_CODE
from models.evidence.sources import source_number
from models.ingest.origin_reader import Ingested, OriginReader
from models.network.network import Network

DATA = Path(__file__).parents[2] / "data" / "ingest"
AT = 1_782_900_000_000
COMMON = {"event_id": "e", "observed_at": AT - 1000, "received_at": AT}
METER = {**COMMON, "meter_id": "meter-1", "kind": "last_gasp", "source": "mesh"}
SCADA = {**COMMON, "device_id": "breaker", "kind": "position", "position": "open", "quality": "good", "source": "scada"}
CALL = {**COMMON, "usage_point_id": "point-1", "kind": "no_power", "channel": "web"}
CREW = {**COMMON, "crew_id": "crew-1", "status": "on_site"}


def read(network: Network, topic: str, *events: dict[str, Any] | bytes) -> Ingested:
    lines = [event if isinstance(event, bytes) else json.dumps(event).encode() for event in events]
    return OriginReader(network, topic).read(lines, 100, 0)


def columns(rows: Any) -> dict[str, list[int]]:
    return {name: getattr(rows, name).tolist() for name in rows.__slots__}


@pytest.mark.parametrize("topic", RAW_TOPICS)
def test_dead_letters_are_as_recorded(network: Network, topic: str) -> None:
    lines = (DATA / f"{topic}.jsonl").read_bytes().split(b"\n")
    ingested = OriginReader(network, topic).read(lines, 0, 0)
    letters = ingested.dead_letters or list(ingested.batch.deferred)
    recorded = (DATA / f"{topic}.dlq.jsonl").read_text("utf-8").splitlines()
    assert [letter.dead_letter().model_dump(exclude_none=True) for letter in letters] == [
        json.loads(line) for line in recorded
    ]
    assert ingested.batch.refused == len(letters)


@pytest.mark.parametrize(("topic", "event"), [(METER_EVENTS, METER), (CREW_EVENTS, CREW)])
def test_a_cut_line_is_refused_even_where_it_begins_like_an_event(
    network: Network, topic: str, event: dict[str, Any]
) -> None:
    good = json.dumps(event).encode()
    line = CutLine.of(good + b" " * LONGEST, 2 * LONGEST, "ab" * 32)
    ingested = read(network, topic, good, line, good)
    assert (ingested.batch.read, ingested.batch.refused) == (3, 1)
    [refused] = ingested.dead_letters or ingested.batch.deferred
    letter = refused.dead_letter()
    assert (letter.offset, letter.disposition) == (101, "malformed")
    assert letter.message.startswith("a line has at most 1,048,576 bytes, this one 2,097,152:")
    assert (letter.value_length, letter.value_sha256) == (2 * LONGEST, "ab" * 32)
    assert b64decode(letter.value_base64) == good + b" " * (KEPT - len(good))


def test_meter_rows_carry_codes_and_numbers(network: Network) -> None:
    restored = {**METER, "meter_id": "Zähler-0", "kind": "power_restored", "outage_started_at": AT - 9000}
    ingested = read(network, METER_EVENTS, METER, b" ", restored, {**METER, "outage_started_at": AT - 9000})
    assert columns(ingested.batch.points) == {
        "log_time": [AT] * 3,
        "offset": [100, 102, 103],
        "point": network.point_number[[1, 0, 1]].tolist(),
        "kind": [KIND_CODE["last_gasp"], KIND_CODE["power_restored"], KIND_CODE["last_gasp"]],
        "observed_at": [AT - 1000] * 3,
        "outage_started_at": [0, AT - 9000, 0],
        "received_at": [AT] * 3,
        "source": [source_number("mesh")] * 3,
    }
    assert (ingested.batch.read, ingested.batch.origin) == (3, "ami.meter.events.v1/0")


def test_an_alarm_moves_nothing_whatever_it_says_of_a_position(network: Network) -> None:
    alarm = {**SCADA, "kind": "alarm", "severity": 700}
    uncertain = {**SCADA, "position": "closed", "quality": "uncertain"}
    unspoken = {**alarm, "position": None, "quality": "bad"}
    rows = columns(read(network, SCADA_EVENTS, SCADA, alarm, uncertain, unspoken).batch.devices)
    assert rows["position"] == [0, 2, 1, 2]
    assert rows["quality"] == [0, 0, 1, 2]
    assert rows["device"] == network.device_number[[1, 1, 1, 1]].tolist()


def test_an_alarm_that_protection_has_tripped_is_an_opening_of_uncertain_quality(network: Network) -> None:
    trip = {**SCADA, "kind": "alarm", "position": None, "condition_type": "TripAlarmType", "active": True}
    echo = {**trip, "acknowledged": True}
    over, bad, other = {**trip, "active": False}, {**trip, "quality": "bad"}, {**trip, "condition_type": "overload"}
    plain = {**trip, "condition_type": "trip", "acknowledged": False}
    rows = columns(read(network, SCADA_EVENTS, trip, echo, over, bad, other, plain).batch.devices)
    assert rows["position"] == [0, 2, 2, 0, 2, 0]
    assert rows["quality"] == [1, 0, 0, 2, 0, 1]


def test_a_call_by_account_speaks_for_each_of_its_points(network: Network) -> None:
    account = {**CALL, "usage_point_id": None, "account_id": "account-2"}
    both = {**CALL, "account_id": "account-2", "kind": "hazard"}
    ingested = read(network, CALL_EVENTS, account, both)
    rows = columns(ingested.batch.points)
    assert rows["offset"] == [100, 100, 101]
    assert rows["point"] == network.point_number[[2, 5, 1]].tolist()
    assert rows["kind"] == [KIND_CODE["no_power"]] * 2 + [KIND_CODE["hazard"]]
    assert ingested.batch.read == 2


def test_the_usage_point_wins_over_the_account_even_where_it_is_unknown(network: Network) -> None:
    letters = read(network, CALL_EVENTS, {**CALL, "usage_point_id": "point-9", "account_id": "account-2"}).dead_letters
    assert [letter.disposition for letter in letters] == ["unknown-usage-point"]
    assert letters[0].message.startswith('usage point "point-9" is not on the network')


def test_crew_rows_are_whole_and_their_dead_letters_wait(network: Network) -> None:
    working = {**CREW, "device_id": "transformer", "eta": "2026-07-01T12:00:00Z", "skills": ["line"], "outage_id": "?"}
    working["open_device_id"] = "breaker"
    lost = {**CREW, "device_id": "breaker", "found_device_id": "pole-7"}
    unknown = {**CREW, "device_id": "breaker", "open_device_id": "pole-8", "found_device_id": "pole-7"}
    ingested = read(network, CREW_EVENTS, b"{", working, lost, unknown)
    assert ingested.dead_letters == []
    (row,) = ingested.batch.crew
    assert (row.offset, row.device, row.found_device) == (101, network.device_number[2], -1)
    assert row.open_device == network.device_number[1]
    assert (row.event.eta, row.event.skills, row.value) == (1782907200000, ["line"], json.dumps(working).encode())
    assert row.event.open_device_id == "breaker"
    assert [(late.log_time, late.disposition) for late in ingested.batch.deferred] == [
        (0, "malformed"),
        (AT, "unknown-device"),
        (AT, "unknown-device"),
    ]
    assert [late.message.split()[-1] for late in ingested.batch.deferred[1:]] == ["found_device_id", "open_device_id"]


def test_captured_records_count_by_their_payload_alone(network: Network) -> None:
    text = json.dumps(METER)
    captured = [{"topic": "x", "offset": 7, "payload": text}, {"payload": METER, "kind": 1, "meter_id": "meter-9"}]
    named = {**METER, "payload": "what the sender likes"}
    ingested = read(network, METER_EVENTS, *captured, named, {"payload": None}, {"payload": "["}, {"payload": {}})
    assert columns(ingested.batch.points)["offset"] == [100, 101, 102]
    assert [letter.disposition for letter in ingested.dead_letters] == ["malformed", "malformed", "schema"]


def test_two_halves_of_an_event_are_not_one(network: Network) -> None:
    text = json.dumps(METER).encode()
    ingested = read(network, METER_EVENTS, text[:30], text[30:])
    assert [letter.disposition for letter in ingested.dead_letters] == ["malformed"] * 2


def test_refused_lines_leave_the_log_time_alone(network: Network) -> None:
    unknown = {**METER, "meter_id": "meter-9", "received_at": AT + 60_000}
    leap = {**METER, "received_at": AT + 40 * 86_400_000, "observed_at": AT + 40 * 86_400_000}
    ingested = read(network, METER_EVENTS, METER, unknown, leap, {**METER, "received_at": AT + 5})
    assert columns(ingested.batch.points)["log_time"] == [AT, AT + 5]
    assert ingested.batch.last_log_time == ingested.batch.watermark == AT + 5


def test_mountings_of_unknown_meters_are_unused_but_move_the_log_time(network: Network) -> None:
    installed = {**METER, "meter_id": "meter-9", "kind": "installed", "received_at": AT + 7}
    batch = read(network, METER_EVENTS, METER, installed, {**installed, "kind": "removed"}).batch
    assert (batch.read, batch.refused, batch.unused, batch.last_log_time) == (3, 0, 2, AT + 7)


@pytest.mark.parametrize("topic", RAW_TOPICS)
def test_garbage_of_any_size_becomes_dead_letters(network: Network, topic: str) -> None:
    chance = random.Random(3)
    garbage = [chance.randbytes(chance.randrange(1, 400)).replace(b"\n", b"") for _ in range(300)]
    garbage += [b"[" * 10_000_000, b'{"event_id":"' + b"x" * 10_000_000, b"\xff" * 10_000_000, b"[]" * 5_000_000]
    ingested = read(network, topic, *garbage)
    letters = ingested.dead_letters or list(ingested.batch.deferred)
    assert len(letters) == ingested.batch.refused == ingested.batch.read == sum(bool(line.strip()) for line in garbage)
    assert {letter.disposition for letter in letters} <= {"malformed", "schema"}
    assert max(len(letter.message) for letter in letters) < 400


def test_an_empty_batch_and_the_end(network: Network) -> None:
    for topic in RAW_TOPICS:
        ingest = OriginReader(network, topic)
        batch = ingest.read([], 7, AT).batch
        assert (batch.read, batch.watermark) == (0, AT)
        assert (ingest.end(AT).watermark, ingest.end(AT).last_log_time) == (END_OF_LOG, AT)


def test_a_long_event_is_an_event(network: Network) -> None:
    long = {**METER, "note": "x" * 10_000_000, "more": [[1]] * 1000}
    assert np.array_equal(read(network, METER_EVENTS, long).batch.points.offset, [100])  # type: ignore[union-attr]
