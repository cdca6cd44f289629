"""What SCADA and crews say on each day, against what moved and who worked."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest

from models.network.network import Network
from simulator.course import NONE, moves
from simulator.days.table import DAYS
from simulator.storm import Storm
from tests.simulator.days.conftest import Make

SEEDS = (1, 2, 3, 4)


def changes(storm: Storm, network: Network) -> Counter[tuple[int, str, int]]:
    devices = len(network.parent)
    return Counter(
        (device, position, at)
        for at, position, device in moves(storm.course)
        if device < devices and network.telemetered[device]
    )


def test_on_a_clean_day_scada_says_every_change_once_and_nothing_else(storm_of: Make, network: Network) -> None:
    for seed in SEEDS:
        storm = storm_of("clean", seed)
        reports = storm.device_reports or []
        assert Counter((r.device, r.position, r.observed_at) for r in reports) == changes(storm, network)
        assert {report.quality for report in reports} == {"good"}
        assert max(report.received_at - report.observed_at for report in reports) < 60_000


@pytest.mark.parametrize("preset", ["good", "bad", "worst"])
def test_scada_errs_in_its_shares(storm_of: Make, network: Network, preset: str) -> None:
    day, total = DAYS[preset], 0
    counted: Counter[str] = Counter()
    for seed in SEEDS:
        storm = storm_of(preset, seed)
        assert storm.heard is not None
        frozen = {one.device: one for one in storm.heard.frozen}
        assert len(frozen) == day.frozen_units
        reports = {(r.device, r.observed_at): r for r in storm.device_reports or [] if r.position is not None}
        for device, position, at in changes(storm, network):
            if device in frozen and frozen[device].since <= at < frozen[device].until:
                assert (device, at) not in reports, "a frozen unit sees no change"
                continue
            total += 1
            report = reports.get((device, at))
            counted["missing"] += report is None
            counted["late"] += report is not None and report.received_at - at > 60_000
            counted["unsure"] += report is not None and report.quality != "good"
            assert report is None or report.quality == "bad" or report.position == position
    assert total > 300
    for what, share in (
        ("missing", day.scada_missing),
        ("late", day.scada_late),
        ("unsure", 0.7 * day.scada_untrue),
    ):
        assert abs(counted[what] / total - share) < 0.35 * share + 0.015


def test_a_frozen_unit_repeats_where_it_stood_and_lies_of_good_quality_are_told(
    storm_of: Make, network: Network
) -> None:
    lies = 0
    for seed in SEEDS:
        storm = storm_of("worst", seed)
        assert storm.heard is not None
        frozen = {one.device: one for one in storm.heard.frozen}
        stands: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for device, position, at in sorted(changes(storm, network), key=lambda change: change[2]):
            stands[device].append((at, position))
        for report in storm.device_reports or []:
            if report.position is None or report.quality != "good":
                continue
            until = report.observed_at
            stuck = frozen.get(report.device)
            if stuck is not None and stuck.since <= until < stuck.until:
                until = stuck.since - 1
            true = [position for at, position in stands[report.device] if at <= until][-1:] or ["closed"]
            if network.device_kind[report.device] != 8:
                lies += true != [report.position]
    assert 5 < lies < 100


def test_on_a_clean_day_crews_name_the_open_and_the_damaged_device(storm_of: Make) -> None:
    for seed in SEEDS:
        storm = storm_of("clean", seed)
        reports, steps = storm.crew_reports or [], storm.course.crew_steps
        assert Counter((r.crew, r.status, r.observed_at) for r in reports) == Counter(
            (step.crew, step.status, step.at) for step in steps
        )
        by_step = {(step.crew, step.status, step.at): storm.course.faults[step.fault] for step in steps}
        for report in reports:
            fault = by_step[report.crew, report.status, report.observed_at]
            assert report.device != NONE
            assert fault.device in (NONE, report.device)
            assert report.open_device in (NONE, fault.device)
            if report.status in ("repairing", "completed"):
                assert (report.open_device, report.found_device) == (fault.device, fault.found_device)
            if report.status in ("assigned", "en_route"):
                assert report.open_device == report.found_device == NONE


@pytest.mark.parametrize("preset", ["good", "bad", "worst"])
def test_crews_go_wrong_and_fall_silent_in_their_shares(storm_of: Make, network: Network, preset: str) -> None:
    jobs = wrong = crews = silent = 0
    for seed in range(1, 9):
        storm = storm_of(preset, seed)
        by_crew = defaultdict(list)
        for report in storm.crew_reports or []:
            by_crew[report.crew].append(report)
        at_work = {step.crew for step in storm.course.crew_steps if step.status == "completed"}
        crews += len(at_work)
        silent += sum(all(r.status in ("assigned", "en_route") for r in by_crew[crew]) for crew in at_work)
        faults = storm.course.faults
        opened = {fault.device for fault in faults}
        sent_to = opened | {int(network.point_device[one.usage_point]) for one in faults if one.device == NONE}
        for reports in by_crew.values():
            on_site = [report for report in reports if report.status == "on_site"]
            jobs += len(on_site)
            # Where nothing happened in the storm no crew is right to be; some wrong places are those of other faults.
            wrong += sum(report.open_device == NONE and report.device not in sent_to for report in on_site)
            assert all(r.open_device in opened for r in reports if r.open_device != NONE)
    day = DAYS[preset]
    assert abs(silent / crews - day.silent_crews) < 0.12
    assert 0.3 * day.wrong_device_first < wrong / jobs < 1.5 * day.wrong_device_first + 0.03


@pytest.mark.parametrize("preset", DAYS)
def test_the_storm_has_what_makes_outages_hard_to_tell(storm_of: Make, network: Network, preset: str) -> None:
    lasting = Counter[str]()
    for seed in SEEDS:
        course = storm_of(preset, seed).course
        faults = course.faults
        spans = np.array([(fault.closed_at - fault.opened_at) / 1000 for fault in faults])
        lasting["tens of seconds"] += int(((spans > 10) & (spans <= 120)).sum())
        lasting["below five minutes"] += int(((spans > 150) & (spans <= 300)).sum())
        lasting["above five minutes"] += int(((spans > 300) & (spans < 450)).sum())
        lasting["isolation"] += sum(fault.kind == "isolation" for fault in faults)
        lasting["planned"] += sum(fault.kind == "planned" for fault in faults)
        lasting["mended below an open device"] += sum(
            fault.nested_in != NONE and fault.closed_at < faults[fault.nested_in].closed_at for fault in faults
        )
        again = [
            later.opened_at - one.closed_at
            for one in faults
            for later in faults
            if one.momentary and one.device == later.device and not later.momentary
        ]
        lasting["dip before a lockout"] += sum(0 < pause < 120_000 for pause in again)
        lasting["ties"] += len(course.feeds)
        lasting["unlisted"] += sum(feed.tie >= len(network.parent) for feed in course.feeds)
    assert all(lasting[what] > 0 for what in lasting if what != "unlisted"), lasting
    assert (lasting["unlisted"] > 0) == (DAYS[preset].unlisted_ties > 0) or preset == "good"
