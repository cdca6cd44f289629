from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.network.network import Network
from models.times.iso8601 import parse_time
from simulator.course import NEVER
from simulator.scoring.curves import Curves, by_minute, draw_curves
from simulator.scoring.reading.interruptions import Interrupted
from simulator.scoring.reading.output import lay_output
from simulator.scoring.reading.records import RestorationLine, RevisionLine
from simulator.scoring.reading.truth import Truth, lay_faults

Say = Callable[..., Any]
NOON = 1_783_857_600_000
END = NOON + 4 * 60_000 + 17_000

moments = st.integers(0, 5 * 60).map(lambda seconds: NOON + 1000 * seconds)
later = st.none() | moments


def text(at: int) -> str:
    return str(np.datetime64(at, "ms")) + "Z"


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[RevisionLine], list[RestorationLine], list[tuple[int, int, int]]]:
    """Outages with revisions at rising instants, restorations at any time, and interruptions that do not overlap."""
    revisions, restorations = [], []
    for outage in range(draw(st.integers(0, 3))):
        instants = sorted(draw(st.lists(moments, min_size=1, max_size=4, unique=True)))
        for number, at in enumerate(instants, 1):
            affected, out = draw(st.integers(0, 50)), draw(st.integers(0, 50))
            restored = draw(later)
            revisions.append(
                RevisionLine(
                    event_id="",
                    sequence=1,
                    outage_id=str(outage),
                    revision=number,
                    updated_at=text(at),
                    status="detected",
                    zone_id="east",
                    device_id="L1",
                    device_kind="fuse",
                    started_at=text(draw(moments)),
                    sustained_at=None,
                    restored_at=None if restored is None else text(restored),
                    customers_affected=affected,
                    customers_out=out,
                    customers_restored=affected - out,
                    priority_customers={},
                    customers_transferred=draw(st.sampled_from([0, 0, 7, 20])),
                    transferred_to=draw(st.sampled_from([None, *(other for other in "012x" if other != str(outage))])),
                )
            )
        restorations += [
            RestorationLine(
                event_id="",
                sequence=1,
                outage_id=str(outage),
                revision=1,
                updated_at=text(at),
                basis="confirmed",
                restored_at=text(at),
                customers_restored=draw(st.integers(0, 9)),
                customers_out=0,
                device_id="L1",
                usage_point_ids=[],
            )
            for at in draw(st.lists(moments, max_size=3))
        ]
    interruptions = []
    for point in draw(st.lists(st.integers(0, 6), unique=True)):
        changes = sorted(draw(st.lists(moments, max_size=6, unique=True)))
        interruptions += [(point, out, back) for out, back in zip(changes[::2], changes[1::2], strict=False)]
    return revisions, restorations, interruptions


@given(story=stories())
def test_every_minute_is_what_the_records_say_second_by_second(
    town: Network, story: tuple[list[RevisionLine], list[RestorationLine], list[tuple[int, int, int]]]
) -> None:
    revisions, restorations, interruptions = story
    point, out_at, back_at = np.array(interruptions, np.int64).reshape(-1, 3).T
    truth = Truth(lay_faults([], town), Interrupted.of(point.astype(np.int32), out_at, back_at))
    curves = draw_curves(town, truth, lay_output(revisions, restorations, [], town), END)

    last = {line.outage_id: line for line in revisions}
    for minute in range(len(curves.truth)):
        begins = curves.starts_at + 60_000 * minute
        seconds = range(begins, min(begins + 60_000, END), 1000)
        assert curves.truth[minute] == 1000 * sum(
            int(town.customers[p]) for at in seconds for p, out, back in interruptions if out <= at < back
        )
        assert curves.live[minute] == 1000 * sum(_latest(revisions, outage, at) for at in seconds for outage in last)
        assert curves.corrected[minute] == 1000 * sum(
            _corrected(outage, revisions, restorations, at) for at in seconds for outage in last
        )


def _latest(revisions: list[RevisionLine], outage: str, at: int) -> int:
    said = [line.customers_out for line in revisions if line.outage_id == outage and parse_time(line.updated_at) <= at]
    return said[-1] if said else 0


def _corrected(outage: str, revisions: list[RevisionLine], restorations: list[RestorationLine], at: int) -> int:
    """Count one outage's customers: those who came from another one belong to that, those who went stay with it."""
    lines = [line for line in revisions if line.outage_id == outage]
    last, known = lines[-1], {line.outage_id for line in revisions}
    if at < parse_time(last.started_at):
        return 0
    sent, lost, again, restored_before, affected_before = 0, 0, 0, 0, 0
    over_at = NEVER if last.restored_at is None else parse_time(last.restored_at)
    for count, to, line in _transfers(lines):
        if to in known:
            sent += count
        elif parse_time(line.updated_at) <= at:
            lost += count
        fallen = restored_before - line.customers_restored - max(0, affected_before - line.customers_affected)
        again += max(0, fallen) if parse_time(line.updated_at) <= at else 0
        restored_before, affected_before = line.customers_restored, line.customers_affected
    others = [line for line in revisions if line.outage_id != outage]
    came = sum(
        count
        for name in known
        for count, to, _ in _transfers([r for r in others if r.outage_id == name])
        if to == outage
    )
    if at >= over_at:
        return sent - came
    back = [r for r in restorations if r.outage_id == outage and parse_time(r.restored_at) <= at]
    return last.customers_affected - came - sum(r.customers_restored for r in back) + again - lost


def _transfers(lines: list[RevisionLine]) -> list[tuple[int, str | None, RevisionLine]]:
    """By how much each record of one outage raises what was transferred, and to whom."""
    found, before, to = [], 0, None
    for line in lines:
        to = line.transferred_to or to
        found.append((line.customers_transferred - before, to, line))
        before = line.customers_transferred
    return found


def test_who_is_transferred_keeps_his_start_in_whatever_outage_he_ends(town: Network, revision: Say) -> None:
    """Three lose power a minute before five others above them; theirs is repaired first; all are back at 300."""
    revisions = [
        revision("nested", 1, 0, "L2", 0, affected=3, out=3),
        revision("upper", 1, 60, "B", 60, affected=5, out=5),
        revision(
            "nested", 2, 120, "L2", 0, status="repaired", affected=3, transferred_to="between", customers_transferred=3
        ),
        revision("between", 1, 120, "S", 60, affected=3, out=3),
        revision("between", 2, 180, "S", 60, affected=0, status="merged", merged_into="upper"),
        revision("upper", 2, 180, "B", 60, affected=8, out=8),
        revision("upper", 3, 300, "B", 60, affected=8, restored=300),
    ]
    truth = Truth(
        lay_faults([], town), Interrupted.of(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int64))
    )
    curves = draw_curves(town, truth, lay_output(revisions, [], [], town), END)
    assert (curves.corrected[:4] / 60_000).tolist() == [3, 8, 8, 8]
    assert (curves.live[:4] / 60_000).tolist() == [3, 8, 8, 8]


def test_noise_and_net_customer_minutes() -> None:
    truth, said = 60_000 * np.array([0, 100, 100, 50]), 60_000 * np.array([20, 100, 60, 100])
    curves = Curves(NOON, truth, said, said)
    assert curves.noise(truth) == 1
    assert curves.noise(said) == (20 + 80 + 40 + 40) / 150
    assert curves.net_customer_minutes(said) == 30 / 250
    assert curves.customer_minutes(said) == 110 / 250


def test_the_error_is_measured_against_a_tenth_of_the_peak_at_least() -> None:
    truth, said = 60_000 * np.array([0, 100, 50, 0]), 60_000 * np.array([4, 90, 50, 0])
    curves = Curves(NOON, truth, said, said)
    assert curves.errors(said).tolist() == [0.4, 0.1, 0.0, 0.0]
    assert curves.customer_minutes(said) == 14 / 150
    assert curves.peak() == 100


def test_a_clock_that_errs_by_a_second_costs_a_second() -> None:
    at, change = np.array([NOON]), np.array([600])
    truth, late = by_minute(at, change, NOON, NOON + 180_000), by_minute(at + 1000, change, NOON, NOON + 180_000)
    assert Curves(NOON, truth, late, late).errors(late).tolist() == [1 / 60, 0, 0]


def test_without_a_truth_there_are_no_customer_minutes() -> None:
    nothing = np.zeros(3, np.int64)
    curves = Curves(NOON, nothing, nothing, nothing)
    assert curves.customer_minutes(nothing) is None
    assert curves.errors(nothing).tolist() == [0, 0, 0]
