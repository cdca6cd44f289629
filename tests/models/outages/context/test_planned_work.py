"""Planned works as they are known: in any order the same, in effect as announced, forgotten in time."""

from __future__ import annotations

import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from models.evidence.batch import WorkRow
from models.evidence.work_codes import WORK_STATUSES
from models.outages.context.planned_work import EARLY, HOUR, OVERRUN, PlannedWorks

DAY = 24 * HOUR
Draw = random.Random


@st.composite
def reports(draw: st.DrawFn) -> WorkRow:
    """About two works at two devices, some at the same moment."""
    begins = draw(st.integers(10, 20)) * DAY
    ends = begins + draw(st.sampled_from((1, HOUR, DAY)))
    at, status = draw(st.integers(5, 25)) * DAY, draw(st.integers(0, 3))
    work, device, kind = draw(st.sampled_from("ab")), draw(st.integers(0, 1)), draw(st.integers(0, 2))
    return WorkRow(at, 0, work, device, kind, status, begins, ends, at, at)


def known(rows: list[WorkRow]) -> PlannedWorks:
    works = PlannedWorks()
    for row in rows:
        works.join(row.device, row.device, row)
    return works


@given(rows=st.lists(reports(), max_size=8), draw=st.randoms(use_true_random=False))
def test_neither_order_nor_copies_matter_and_a_state_goes_on(rows: list[WorkRow], draw: Draw) -> None:
    works = known(rows)
    again = rows + draw.sample(rows, len(rows) // 2)
    draw.shuffle(again)
    assert known(again).by_class == works.by_class
    restored = PlannedWorks()
    restored.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(works.save())))
    assert (restored.by_class, restored.tidied_at) == (works.by_class, works.tidied_at)


@settings(max_examples=300)
@given(rows=st.lists(reports(), min_size=1, max_size=6), at=st.integers(8, 24), off=st.sampled_from((-1, 0, 1)))
def test_a_work_is_in_effect_as_its_latest_report_has_it(rows: list[WorkRow], at: int, off: int) -> None:
    rows = [row._replace(work_id="a", device=0) for row in rows]
    (work,) = known(rows).by_class[0].values()
    moments = [row.planned_from - EARLY for row in rows] + [row.planned_to for row in rows]
    moments += [row.planned_to + OVERRUN for row in rows] + [row.observed_at for row in rows] + [at * DAY]
    for moment in moments:
        assert work.covers(moment + off) == _in_effect(rows, moment + off)


def _in_effect(rows: list[WorkRow], at: int) -> bool:
    """The same, read off the reports one by one."""
    last = max(rows, key=lambda row: (row.observed_at, row.status, row.kind, row.planned_to, row.planned_from))
    status = WORK_STATUSES[last.status]
    begun = any(WORK_STATUSES[row.status] == "started" and row.observed_at <= at for row in rows)
    if status == "cancelled" or not (begun or at >= last.planned_from - EARLY):
        return False
    ends = {"finished": last.observed_at, "started": last.planned_to + OVERRUN, "planned": last.planned_to}
    return at <= ends[status]


def test_what_was_over_long_ago_is_forgotten_once_an_hour() -> None:
    row = WorkRow(0, 0, "a", 0, 0, 0, DAY, 2 * DAY, 0, 0)
    works = known([row, row._replace(work_id="b", device=1, planned_to=4 * DAY)])
    works.tidy(5 * DAY, 3 * DAY)
    assert set(works.by_class) == {0, 1}
    works.tidy(5 * DAY + HOUR - 1, DAY)
    assert set(works.by_class) == {0, 1}
    works.tidy(5 * DAY + HOUR, 3 * DAY)
    assert set(works.by_class) == {1}
