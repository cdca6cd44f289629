"""Whatever stands in the log: what is followed never fails in an array, and evidence is never lost without a word."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts.topics import METER_EVENTS, SCADA_EVENTS
from models.evidence.batch import END_OF_LOG, DeviceRows, EvidenceBatch, PointRows
from models.evidence.kinds import EVIDENCE_KINDS
from models.evidence.log_check import record_fault
from models.evidence.log_following import Followed, LogFollower, OtherNetworkError
from models.evidence.log_record import LogRecord, encode_record
from models.outages.engine import Engine
from models.outages.state.shared_tables import Shared
from models.outages.weights.delivery import lay_delivery
from models.outages.weights.parameters import Parameters
from models.times.iso8601 import LATEST
from tests.worlds.networks import Device, Point, network_of

NETWORK = network_of(
    [Device("b", "", "breaker", "sub"), Device("t", "b", "transformer", "sub")], [Point("p", "t"), Point("q", "t")]
)
SHARED = Shared(NETWORK, Parameters(), lay_delivery(NETWORK, Parameters(), []))
ORIGIN = f"{METER_EVENTS}/0"
AT = 1_782_900_000_000
WIDTHS = (np.int64, np.int64, np.int32, np.uint8, np.int64, np.int64, np.int64, np.uint32)


def batch(first: int, end: int, origin: str = ORIGIN, **more: Any) -> EvidenceBatch:
    return EvidenceBatch(origin, AT, last_log_time=AT, offsets=(first, end), **more)


def record(*batches: EvidenceBatch, version: str = NETWORK.version, **more: Any) -> bytes:
    return encode_record(LogRecord(version, batches, **more))


NUMBERS = st.sampled_from([0, 1, -1, 2, AT, LATEST, LATEST + 1, END_OF_LOG, (1 << 63) - 1, -(1 << 63)])
SMALL = st.integers(0, 20)


@st.composite
def rows(draw: st.DrawFn, kind: type[Any]) -> Any:
    """Two rows, sound but for one number of any column."""
    sound = {"log_time": [AT, AT], "offset": [0, 1], "observed_at": [AT, AT], "outage_started_at": [0, 0]}
    sound |= {"received_at": [AT, AT], "source": [0, 0]}
    columns = {name: np.array(sound.get(name, [0, 1]), np.int64) for name in kind.__slots__}
    name, place = draw(st.sampled_from(sorted(columns))), draw(st.integers(0, 1))
    columns[name][place] = draw(NUMBERS | SMALL)
    widths = {"point": np.int32, "device": np.int32, "kind": np.uint8, "position": np.uint8, "quality": np.uint8}
    widths |= {"source": np.uint32}
    return kind(**{name: column.astype(widths.get(name, np.int64)) for name, column in columns.items()})


@given(rows(PointRows), rows(DeviceRows), NUMBERS, NUMBERS, st.sampled_from([1, 0, 3, 1 << 40]))
def test_what_is_followed_fails_nowhere(points: Any, devices: Any, watermark: int, log_time: int, count: int) -> None:
    more: dict[str, Any] = {"watermark": watermark, "last_log_time": log_time, "partitions": count}
    batches = [
        replace(batch(0, 2, points=points), **more),
        replace(batch(0, 2, f"{SCADA_EVENTS}/0", devices=devices), **more),
    ]
    engine = Engine(SHARED, [ORIGIN, f"{SCADA_EVENTS}/0"])
    for some in batches:
        if record_fault(LogRecord(NETWORK.version, [some]), NETWORK) is None:
            engine.advance(some, AT)
            engine.advance(replace(some, points=None, devices=None, offsets=None, watermark=END_OF_LOG), AT)


def test_each_number_out_of_range_is_a_fault() -> None:
    sound = PointRows(*(np.array([value]) for value in (AT, 0, 1, 0, AT, 0, AT, 0)))
    assert record_fault(LogRecord(NETWORK.version, [batch(0, 1, points=sound)]), NETWORK) is None
    for name, value in (("point", 2), ("point", -1), ("kind", len(EVIDENCE_KINDS)), ("offset", 1), ("log_time", -1)):
        wrong = replace(sound, **{name: np.array([value])})
        assert record_fault(LogRecord(NETWORK.version, [batch(0, 1, points=wrong)]), NETWORK) is not None
    for origin in ("nobody/0", "ami.meter.events.v1", f"{METER_EVENTS}/x", f"{METER_EVENTS}/99999999", ""):
        assert record_fault(LogRecord(NETWORK.version, [batch(0, 1, origin)]), NETWORK) is not None


def follow(follower: LogFollower, *values: bytes) -> list[Followed | None]:
    return [follower.follow(offset, value) for offset, value in enumerate(values)]


def test_foreign_records_are_passed_over_and_leave_no_gap() -> None:
    wrong = PointRows(*(np.array([value]) for value in (AT, 2, 9, 0, AT, 0, AT, 0)))
    strangers = [b"", b"FLEV", b"no evidence", record(batch(2, 3, points=wrong)), record(batch(7, 9), version="other")]
    follower = LogFollower(NETWORK)
    first, *foreign, last = follow(follower, record(batch(0, 2)), *strangers, record(batch(2, 5)))
    assert first is not None
    assert all(some is not None and some.foreign and not some.record.batches for some in foreign)
    assert last is not None
    assert last.foreign is last.skipped_gap is None
    assert follower.expected == {ORIGIN: 5}


def test_a_gap_stands_until_it_is_named() -> None:
    follower = LogFollower(NETWORK)
    assert follow(follower, record(batch(0, 2)), record(batch(5, 7)))[1] is None
    assert follower.gap is not None
    assert str(follower.gap) == (
        "offset 1 goes on with ami.meter.events.v1/0 at its offset 5, 2 was expected: evidence of 3 records is missing"
    )
    for undecided in (record(batch(7, 9)), record(skip_gaps=[2]), b"x", record(batch(2, 3), version="other")):
        assert not follower.decides(undecided)
    assert follower.decides(record(skip_gaps=[1]))
    followed = follower.follow(1, record(batch(5, 7)))
    assert followed is not None
    assert followed.skipped_gap is not None
    assert follower.expected == {ORIGIN: 7}
    engine = Engine(SHARED, [ORIGIN])
    engine.advance(batch(0, 2), AT)
    for some in followed.record.batches:
        engine.skip_gap(some)
        engine.advance(some, AT)


def test_who_stands_apart_is_foreign_where_the_origin_goes_on_later() -> None:
    follower = LogFollower(NETWORK)
    apart = record(batch(900, 1000))
    assert follow(follower, record(batch(0, 2)), apart)[1] is None
    assert follower.decides(record(batch(2, 4)))
    passed = follower.follow(1, apart)
    assert passed is not None
    assert "does not belong here" in str(passed.foreign)
    followed = follower.follow(2, record(batch(2, 4)))
    assert followed is not None
    assert followed.foreign is None
    assert follower.expected == {ORIGIN: 4}


def test_evidence_of_another_network_that_continues_an_origin_is_no_strangers() -> None:
    follower = LogFollower(NETWORK)
    follow(follower, record(batch(0, 2)))
    with pytest.raises(OtherNetworkError, match="is of network other"):
        follower.follow(1, record(batch(2, 4), version="other"))
    with pytest.raises(OtherNetworkError, match="is of network other"):
        LogFollower(NETWORK).follow(0, record(batch(2, 4), version="other"))


def test_the_health_of_all_zones_tells_it_once_a_minute_and_goes_through_a_snapshot() -> None:
    engine = Engine(SHARED, [ORIGIN])
    told = [engine.pass_over(7, "why", AT), engine.pass_over(8, "why", AT + 59_999)]
    engine = Engine(SHARED, [ORIGIN], state=engine.snapshot())
    told += [engine.pass_over(9, "why", AT + 59_999), engine.pass_over(10, "why", AT + 60_000)]
    health = [
        [(one["evidence_offset"], one["status"], one["error"], one["revision"]) for one in some.health] for some in told
    ]
    assert health == [[(7, "healthy", "why", 1)], [], [], [(10, "healthy", "why", 2)]]
    assert engine.state.passed_over == 4


LATER = network_of(
    [Device("b", "", "breaker", "sub"), Device("t", "b", "transformer", "sub")],
    [Point("p", "t"), Point("r", "t")],
    NETWORK,
)


def test_a_release_waits_for_its_network_and_rows_of_both_versions_are_followed_after_it() -> None:
    there: dict[str, Any] = {}
    follower = LogFollower(NETWORK, find_network=there.get)
    rows = PointRows(
        *(np.array([value], dtype) for value, dtype in zip((AT, 1, 2, 0, AT, 0, AT, 0), WIDTHS, strict=True))
    )
    ahead = record(batch(1, 2, points=rows), version=LATER.version)
    with pytest.raises(OtherNetworkError, match="has not been released"):
        follower.follow(0, ahead)
    release = encode_record(LogRecord(NETWORK.version, release=(LATER.version, AT), audit="me"))
    assert follower.follow(1, release) is None
    assert follower.awaited == LATER.version
    there[LATER.version] = LATER
    taken = follower.follow(1, release)
    assert taken is not None
    assert taken.record.release == (LATER.version, AT)
    assert follower.awaited is None
    for at, value in ((2, record(batch(0, 1))), (3, ahead)):
        followed = follower.follow(at, value)
        assert followed is not None
        assert followed.foreign is None
    again = follower.follow(4, release)
    assert again is not None
    assert again.record.release is None


def test_a_release_that_does_not_follow_is_passed_over() -> None:
    strange = network_of([Device("x", "", "breaker", "sub")], [Point("y", "x")])
    follower = LogFollower(NETWORK, find_network={strange.version: strange}.get)
    for before, after in ((NETWORK.version, strange.version), ("f" * 32, LATER.version)):
        followed = follower.follow(0, encode_record(LogRecord(before, release=(after, AT))))
        assert followed is not None
        assert followed.foreign is not None
    assert follower.network is NETWORK
