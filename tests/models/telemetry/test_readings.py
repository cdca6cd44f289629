"""Values by what their points are, and the times that they bear."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.telemetry.points import POINT_KINDS, Point
from models.telemetry.readings import UnfitError, read_value
from models.telemetry.source_times import choose_time, time_note
from models.times.iso8601 import YEAR_2000

ARRIVAL = 1_782_900_000_000_000
BEFORE_UNIX = -11_644_473_600_000_000  # 1601, OPC UA's nothing
MINUTE = 60_000_000


def point(kind: Any = "position", **fields: Any) -> Point:
    return Point("ems", "nsu=urn:x;s=a", "breaker", kind, **fields)


@pytest.mark.parametrize(
    ("fields", "value", "read"),
    [
        ({}, True, {"position": "closed"}),
        ({}, 0, {"position": "open"}),
        ({"inverted": True}, True, {"position": "open"}),
        ({"reads": "double_point"}, 0, {"position": "intermediate"}),
        ({"reads": "double_point"}, 1, {"position": "open"}),
        ({"reads": "double_point"}, 2, {"position": "closed"}),
        ({"reads": "double_point"}, 3, {"position": "unknown"}),
        ({"reads": "double_point", "inverted": True}, 1, {"position": "closed"}),
        ({"reads": "double_point", "inverted": True}, 3, {"position": "unknown"}),
        ({"reads": "lockout"}, True, {"position": "open"}),
        ({"reads": "lockout"}, False, None),
        ({"reads": "lockout", "inverted": True}, False, {"position": "open"}),
        ({"kind": "mode", "mode": "tagged"}, True, {"mode": "tagged", "active": True}),
        ({"kind": "fault_indicator", "inverted": True}, True, {"active": False}),
        ({"kind": "operation_count"}, 17, {"value": 17.0}),
        ({"kind": "current"}, 412.5, {"value": 412.5}),
    ],
)
def test_a_value_reads_as_its_point_says(fields: dict[str, Any], value: object, read: object) -> None:
    assert read_value(point(**fields), value) == read


@given(
    st.sampled_from([kind for kind in POINT_KINDS if kind != "alarm"]),
    st.sampled_from(["boolean", "double_point", "lockout"]),
    st.none() | st.text() | st.integers() | st.floats() | st.binary() | st.lists(st.booleans()),
)
def test_any_value_reads_or_is_refused_with_words(kind: str, reads: Any, value: object) -> None:
    refused = ""
    try:
        read_value(point(kind, reads=reads if kind == "position" else "boolean"), value)
    except UnfitError as error:
        refused = str(error)
    assert not refused or len(refused) > 10


@pytest.mark.parametrize(
    ("source", "server", "at", "by"),
    [
        (ARRIVAL - MINUTE, ARRIVAL, ARRIVAL - MINUTE, "source"),
        (None, ARRIVAL - 5, ARRIVAL - 5, "server"),
        (BEFORE_UNIX, ARRIVAL - 5, ARRIVAL - 5, "server"),
        (ARRIVAL + 2 * MINUTE, ARRIVAL - 5, ARRIVAL - 5, "server"),
        (ARRIVAL + MINUTE, None, ARRIVAL + MINUTE, "source"),
        (YEAR_2000 * 1000, None, YEAR_2000 * 1000, "source"),
        (None, None, ARRIVAL, "arrival"),
        (ARRIVAL + 2 * MINUTE, BEFORE_UNIX, ARRIVAL, "arrival"),
    ],
)
def test_the_first_time_that_can_be_is_taken(source: int | None, server: int | None, at: int, by: str) -> None:
    when = choose_time(source, server, ARRIVAL)
    assert (when.at, when.by) == (at, by)
    assert (time_note(when, source) is None) == (by == "source")
