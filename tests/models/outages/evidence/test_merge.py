"""Merging is a join: what is known after an instant follows from what was said in it, not from order or copies."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.evidence.kinds import EVIDENCE_KINDS, KIND_CODE, OUT_BIT
from models.outages.evidence.merge import join_devices, join_points
from models.outages.inference.knowledge import NEVER, Devices, Points, nothing_known
from tests.worlds.evidence import START

SECOND = 1000
SUBJECTS = 2
COHERENCE = 120 * SECOND


class Report(NamedTuple):
    """A row about a usage point, times in seconds; few values, so that many are equal."""

    point: int
    kind: int
    observed: int
    started: int
    delay: int
    source: int


class Position(NamedTuple):
    """A row about a device."""

    device: int
    position: int
    quality: int
    observed: int


REPORTS = st.builds(
    Report,
    st.integers(0, SUBJECTS - 1),
    st.integers(0, len(EVIDENCE_KINDS) - 1),
    st.sampled_from((0, 1, 7, 100, 130, 400)),
    st.sampled_from((-1, 0, 7, 90)),
    st.sampled_from((1, 30)),
    st.integers(0, 9),
)
POSITIONS = st.builds(
    Position, st.integers(0, SUBJECTS - 1), st.integers(0, 2), st.integers(0, 2), st.sampled_from((0, 3, 50, 130, 400))
)


def merge_reports(points: Points, reports: list[Report]) -> int:
    """Merge the rows of one instant as they come in the log; returns how many changed something."""
    columns = [np.array(column, np.int64) for column in zip(*reports, strict=True)]
    point, kind, observed, started, delay, source = columns
    at = START + SECOND * observed
    told = np.where(started < 0, 0, START + SECOND * started)
    rows: tuple[np.ndarray[Any, Any], ...] = (
        point.astype(np.int32),
        kind.astype(np.uint8),
        at,
        told,
        at + SECOND * delay,
        source.astype(np.uint32),
    )
    changed, touched = np.zeros(len(reports), np.uint8), np.zeros(len(reports), np.int32)
    order = np.argsort(point, kind="stable")
    said_out = np.zeros(len(reports), np.uint8)
    join_points(points, rows, order, (0, len(reports)), COHERENCE, changed, touched, said_out)
    return int(changed.sum())


def merge_positions(devices: Devices, positions: list[Position]) -> None:
    device, position, quality, observed = (np.array(column, np.int64) for column in zip(*positions, strict=True))
    rows = device, position, quality, START + SECOND * observed
    order, changed = np.argsort(device, kind="stable"), np.zeros(len(positions), np.uint8)
    join_devices(devices, rows, order, (0, len(positions)), changed)


def same(one: Points | Devices, other: Points | Devices) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in one._fields)


@settings(max_examples=300)
@given(st.lists(REPORTS, min_size=1, max_size=7), st.lists(REPORTS, min_size=1, max_size=7), st.randoms())
def test_neither_order_nor_copies_of_reports_matter(
    before: list[Report], now: list[Report], lots: random.Random
) -> None:
    once, again = nothing_known(SUBJECTS, 0)[0], nothing_known(SUBJECTS, 0)[0]
    for rows in (before, now):
        in_another_order = [*rows, lots.choice(rows)]
        lots.shuffle(in_another_order)
        changed = merge_reports(once, rows)
        assert merge_reports(again, in_another_order) <= changed
        assert same(once, again)


@settings(max_examples=300)
@given(st.lists(POSITIONS, min_size=1, max_size=7), st.lists(POSITIONS, min_size=1, max_size=7), st.randoms())
def test_neither_order_nor_copies_of_positions_matter(
    before: list[Position], now: list[Position], lots: random.Random
) -> None:
    once, again = nothing_known(0, SUBJECTS)[1], nothing_known(0, SUBJECTS)[1]
    for rows in (before, now):
        in_another_order = [*rows, lots.choice(rows)]
        lots.shuffle(in_another_order)
        merge_positions(once, rows)
        merge_positions(again, in_another_order)
        assert same(once, again)


@given(st.lists(st.integers(1, 200), min_size=1, max_size=6, unique=True), st.integers(0, 6))
def test_of_positions_the_latest_stands_however_late_the_others_come(times: list[int], cut: int) -> None:
    """Open and closed in turn; the run of openings begins with the first opening that no long closing precedes."""
    told = [Position(0, n % 2, 0, at) for n, at in enumerate(sorted(times))]
    late, soon = told[:cut], told[cut:]
    devices = nothing_known(0, 1)[1]
    for rows in (soon, late):
        if rows:
            merge_positions(devices, rows)
    assert devices.position[0] == told[-1].position
    opened = [START + SECOND * one.observed for one in told if one.position == 0]
    assert devices.open_first[0] == NEVER or devices.open_first[0] in opened
    assert devices.open_last[0] == NEVER or devices.open_first[0] <= devices.open_last[0]


def test_of_two_positions_at_one_time_the_better_one_stands_and_its_copies_change_nothing() -> None:
    opened, closed = Position(0, 0, 0, 3), Position(0, 1, 1, 3)
    once, again = nothing_known(0, 1)[1], nothing_known(0, 1)[1]
    merge_positions(once, [closed, opened])
    merge_positions(again, [opened, closed, opened, opened])
    assert same(once, again)
    assert (once.position[0], once.quality[0]) == (0, 0)


@given(st.integers(0, 300), st.integers(1, 300), st.booleans())
def test_who_gasps_had_power_whatever_his_collector_had_inferred(at: int, later: int, gasp_first: bool) -> None:
    gasp, inferred = KIND_CODE["last_gasp"], KIND_CODE["inferred_outage"]
    said = [Report(0, inferred, at, -1, 1, 0), Report(0, gasp, at + later, -1, 1, 0)]
    points, _ = nothing_known(1, 0)
    for report in reversed(said) if gasp_first else said:
        merge_reports(points, [report])
    lost_at = START + SECOND * (at + later)
    assert (points.mask[0], points.out_first[0], points.out_last[0]) == (OUT_BIT[gasp], lost_at, lost_at)


def test_a_doubtful_word_of_the_next_shot_takes_nothing_from_a_good_one() -> None:
    _, devices = nothing_known(0, 1)
    for position in (Position(0, 0, 0, 10), Position(0, 0, 1, 12)):
        merge_positions(devices, [position])
    assert (devices.quality[0], devices.open_last[0]) == (0, START + SECOND * 12)
