"""Heads of several zones that are lost together are one group; what comes together by chance is none."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import factorial
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.kafka.records.followed_record import RecordReader
from dataflows.losses.declaration import FLOW, route
from models.contracts.outputs.storm import OutageGroupRecord, SourceLossRecord
from models.contracts.registry import output_of
from models.contracts.topics import OUTAGE_STATE
from models.losses.losses import Losses
from models.losses.output import OUTAGE_GROUPS, SOURCE_LOSSES
from models.timeline.life import Life
from models.timeline.moment import Followed, Moment
from models.times.iso8601 import parse_time
from tests.worlds.evidence import Evidence, play
from tests.worlds.networks import Device, Point, network_of

HOUR = 3_600_000
Row = list[Any]


def head(number: int, at: int, zone: int, *, is_open: bool = True) -> Row:
    return [f"{number:026d}", at, f"zone{zone}", f"zone{zone}/bus", is_open, 10, 10]


def group_of(model: Losses) -> dict[str, str]:
    saved = model.save()
    return {name: group["group_id"] for group in saved["groups"].values() for name in group["members"]}


def live(model: Losses, instant: int, *rows: Row) -> list[Any]:
    return list(model.live(instant, [Followed("log", place, "", row) for place, row in enumerate(rows)]))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 5), st.booleans()), min_size=1, max_size=14),
    st.integers(0, 2),
)
def test_none_that_could_be_grouped_is_left_and_none_is_grouped_that_could_not(
    begun: list[tuple[int, int, bool]], busy: int
) -> None:
    """By brute force over all sets of outages, after states in any order, with more or fewer heads out before."""
    model = Losses()
    rows = [head(900 + n, 8 * HOUR - 60_000 * (n + 1), 50 + n) for n in range(busy * 4)]
    live(model, 1, *rows)
    for number, (second, zone, known_later) in enumerate(begun):
        model = Losses(model.save())
        live(model, 10 + number, head(number, 8 * HOUR + 1000 * second, zone, is_open=known_later))
        rows.append(head(number, 8 * HOUR + 1000 * second, zone))
    of = group_of(model)
    at = {row[0]: row for row in rows}
    for group in set(of.values()):
        members = [at[name] for name in of if of[name] == group]
        assert len({row[2] for row in members}) > 1
        assert max(row[1] for row in members) - min(row[1] for row in members) <= 5000
    free = [row for row in rows if row[0] not in of]
    for first in free:
        near = [row for row in free if 0 <= row[1] - first[1] <= 5000]
        zones = len({row[2] for row in near})
        ago = [first[1] - row[1] for row in rows if row[1] < first[1]]
        recent = max(sum(at <= 6 * HOUR for at in ago), 6 * sum(at <= HOUR for at in ago))
        rate = Fraction(max(recent, 1) * 5, 6 * 3600)
        assert zones < 2 or rate ** (zones - 1) / factorial(zones - 1) > Fraction(1, 1000)
        spans = [[at[name][1] for name in of if of[name] == group] for group in set(of.values())]
        assert all(max(first[1], *span) - min(first[1], *span) > 5000 for span in spans)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(0, 12)), min_size=2, max_size=20))
def test_corrected_starts_leave_no_group_that_is_none_and_nobody_who_could_be_of_one(
    said: list[tuple[int, int, int]],
) -> None:
    """Where nothing is chance."""
    model, last = Losses(), dict[str, Row]()
    with patch("models.losses.losses.is_rare", return_value=True):
        for instant, (number, zone, second) in enumerate(said, start=1):
            row = head(6 * zone + number, HOUR + 1000 * second, zone)
            last[row[0]] = row
            live(model, instant, row)
            of = group_of(model)
            for group in set(of.values()):
                members = [last[name] for name in of if of[name] == group]
                assert len({row[2] for row in members}) > 1
                assert max(row[1] for row in members) - min(row[1] for row in members) <= 5000
            free = [row for name, row in last.items() if name not in of]
            assert all(abs(one[1] - two[1]) > 5000 for one, two in combinations(free, 2) if one[2] != two[2])


def test_who_began_with_another_keeps_the_group_when_the_first_is_corrected() -> None:
    model = Losses()
    *_, group = live(model, 1, *(head(number, HOUR + 1000 * number, number) for number in (1, 2, 3)))
    gone, kept = live(model, 2, head(1, HOUR + 60_000, 1))
    assert (gone.output, gone.gone, gone.fields["outage_id"]) == (OUTAGE_GROUPS.name, True, f"{1:026d}")
    assert (kept.fields["group_id"], kept.fields["zone_ids"]) == (group.fields["group_id"], ["zone2", "zone3"])
    live(model, 3, head(4, HOUR - 2500, 4))
    live(model, 4, head(3, 2 * HOUR, 3))
    assert group_of(model).keys() == {f"{2:026d}", f"{4:026d}"}


def test_a_corrected_start_or_a_merged_outage_takes_a_group_apart() -> None:
    model = Losses()
    [one, two, group] = live(model, 1, head(1, HOUR, 1), head(2, HOUR + 4000, 2))
    assert {one.fields["group_id"], two.fields["group_id"]} == {group.fields["group_id"]}
    assert (group.output, group.fields["zone_ids"]) == (SOURCE_LOSSES.name, ["zone1", "zone2"])
    assert [said.gone for said in live(model, 2, head(2, HOUR + 60_000, 2))] == [True, True, True]
    [*_, again] = live(model, 3, head(2, HOUR, 2))
    assert again.fields["outages"][1]["started_at"] == "1970-01-01T01:00:00.000Z"
    assert [said.gone for said in live(model, 4, head(1, HOUR, 1)[:1])] == [True, True, True]


def test_numbers_are_told_once_a_minute_and_the_end_at_once() -> None:
    model = Losses()
    live(model, 60_000, head(1, HOUR, 1), head(2, HOUR, 2))
    assert live(model, 70_000, [*head(1, HOUR, 1)[:5], 7, 10]) == []
    assert model.due() == 120_000
    [said] = live(model, 120_000)
    assert said.fields["customers_out"] == 17
    over = [head(number, HOUR, number, is_open=False) for number in (1, 2)]
    assert [said.fields["status"] for said in live(model, 121_000, *over)] == ["over"]


def test_a_line_that_fed_three_substations_is_one_group_by_what_the_engine_says() -> None:
    """The engine tells of three outages, zone by zone; a feeder that trips an hour later is of none."""
    devices, points = [], []
    for zone in "abcd":
        devices += [
            Device(f"{zone}-bus", "", "bus", zone, telemetered=1),
            Device(f"{zone}-b", f"{zone}-bus", "breaker", zone),
        ]
        devices.append(Device(f"{zone}-t", f"{zone}-b", "transformer", zone))
        points += [Point(f"{zone}{number}", f"{zone}-t") for number in range(6)]
    evidence = Evidence()
    for zone, at in (("a", 100.0), ("b", 100.4), ("c", 101.1), ("d", 3700.0)):
        evidence.meter(" ".join(f"{zone}{number}" for number in range(6)), "last_gasp", at, 3)
        evidence.scada(f"{zone}-bus", "open", at)
    answer = play(network_of(devices, points), evidence.lines())
    life, reader = Life(Losses, FLOW.outputs, "city"), RecordReader(output_of(OUTAGE_STATE))
    told: dict[str, list[dict[str, Any]]] = {output.name: [] for output in FLOW.outputs}
    for number, instant in enumerate(sorted({parse_time(one["updated_at"]) for one in answer.states}), start=1):
        now = [one for one in answer.states if parse_time(one["updated_at"]) == instant]
        routed = [route(reader.take(record)) for record in now]
        some = tuple(Followed("log", place, *one) for place, one in enumerate(routed) if one is not None)
        for name, record in life.take(Moment(number, instant, some)):
            told[name].append(record)
    last = SourceLossRecord.model_validate([one for one in told[SOURCE_LOSSES.name] if "tombstone" not in one][-1])
    assert (last.zone_ids, {one.device_id for one in last.outages}) == (["a", "b", "c"], {"a-bus", "b-bus", "c-bus"})
    members = [OutageGroupRecord.model_validate(one) for one in told[OUTAGE_GROUPS.name] if "tombstone" not in one]
    assert {one.outage_id for one in members} == {one.outage_id for one in last.outages}
    assert {one.group_id for one in members} == {last.group_id}


def test_chance_is_told_as_a_bound() -> None:
    model = Losses()
    live(model, 1, *[head(900 + n, 8 * HOUR - 60_000 * (n + 1), 50 + n) for n in range(20)])
    for others in (1, 2):
        rows = [head(number, 8 * HOUR, number) for number in range(others + 1)]
        said = live(Losses(model.save()), 2, *rows)
        rate = 20 * 5 / 3600
        told = [one.fields["chance"] for one in said if one.output == SOURCE_LOSSES.name]
        assert told == ([] if others == 1 else [pytest.approx(rate**2 / 2)])
