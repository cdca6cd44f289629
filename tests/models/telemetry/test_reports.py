"""Reports are events of the contract, and two who see the same give it the same name."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from models.contracts.inputs.scada import ScadaEvent
from models.decoding.validation import validate
from models.telemetry.points import MODES, POINT_KINDS, Point
from models.telemetry.readings import UnfitError
from models.telemetry.reports import Report, Sample, report_gap, report_unfit, report_value

ARRIVAL = 1_782_900_000_000_000
KINDS = [kind for kind in POINT_KINDS if kind != "alarm"]
STATUSES = [0, 0x0096_0000, 0x4090_0000, 0x4091_0000, 0x4209_0000, 0x8005_0000, 0x8032_0000, 0x480]
TIMES = st.none() | st.integers(-12_000_000_000_000_000, ARRIVAL + 10**10) | st.just(ARRIVAL - 1000)
SAMPLES = st.builds(
    Sample,
    st.booleans() | st.integers(0, 3) | st.floats(allow_nan=True) | st.text(max_size=5),
    st.sampled_from(STATUSES),
    TIMES,
    TIMES,
    st.just(ARRIVAL),
)


def report(point: Point, sample: Sample) -> Report | None:
    try:
        return report_value(point, sample)
    except UnfitError as error:
        return report_unfit(point, sample, error)


def read(made: Report) -> dict[str, Any]:
    return validate(ScadaEvent, made.value).model_dump()


@given(st.sampled_from(KINDS), SAMPLES)
def test_every_report_is_an_event_of_the_contract(kind: Any, sample: Sample) -> None:
    point = Point("ems", "nsu=urn:x;s=a", "breaker", kind, mode=MODES[0] if kind == "mode" else None)
    if (made := report(point, sample)) is not None:
        event = read(made)
        assert (event["device_id"], event["kind"], event["received_at"]) == ("breaker", kind, ARRIVAL // 1000)
        if event["quality"] == "bad" and kind == "position":
            assert event["position"] == "unknown"


@given(SAMPLES, st.integers(1, 10**7))
def test_another_connector_that_is_later_gives_the_same_id(sample: Sample, later: int) -> None:
    point = Point("ems", "nsu=urn:x;s=a", "breaker", "position")
    first, second = report(point, sample), report(point, sample._replace(arrival=ARRIVAL + later))
    if first is None or second is None or "arrival" in (first.time_by, second.time_by):
        return
    if first.time_by == second.time_by:
        assert read(first)["event_id"] == read(second)["event_id"]


def test_the_id_tells_apart_what_happened_and_where() -> None:
    point, sample = Point("ems", "nsu=urn:x;s=a", "breaker", "position"), Sample(True, 0, ARRIVAL - 5, None, ARRIVAL)
    others = [
        (Point("other", point.node_id, "breaker", "position"), sample),
        (Point("ems", "nsu=urn:x;s=b", "breaker", "position"), sample),
        (point, sample._replace(value=False)),
        (point, sample._replace(status=0x4000_0000)),
        (point, sample._replace(source_time=ARRIVAL - 6)),
    ]
    made = [report(*one) for one in [(point, sample), *others]]
    assert len({read(one)["event_id"] for one in made if one is not None}) == len(others) + 1
    overflowed = report(point, sample._replace(status=0x480))
    assert made[0] is not None
    assert overflowed is not None
    assert read(overflowed)["event_id"] == read(made[0])["event_id"], "the queue of one server is not the other's"


def test_a_gap_never_ends_before_it_begins() -> None:
    gap = read(report_gap("ems", "breaker", ARRIVAL // 1000 + 5, ARRIVAL // 1000, "the clock was set back"))
    assert gap["gap_from"] == gap["observed_at"] == ARRIVAL // 1000
