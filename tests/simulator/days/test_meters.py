"""What meters say on each day, against the truth: all of it on a clean day, its share and its errors on the others."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from numpy.random import default_rng

from models.evidence.kinds import POWER_RESTORED
from models.network.network import Network
from simulator.course import NEVER
from simulator.days.clocks import HOUR_MS, RESET_TO_MS
from simulator.days.copies import copies
from simulator.days.home import draw_home_supply
from simulator.days.laws import FAMILIES
from simulator.days.meters import INFERRED, LAST_GASP
from simulator.days.table import DAYS
from simulator.days.waiting import CARRIER_CAP_SECONDS
from simulator.options import SUMMER_AFTERNOON as START
from simulator.storm import Storm
from simulator.supply import Interruptions
from simulator.telemetry.fleet import CARRIER
from simulator.telemetry.reports import Reports
from tests.simulator.days.conftest import Make

LONGER_THAN_ANY_HOLD_OFF = 100_000
PLACE = np.int64(1 << 44)


def said(storm: Storm, kind: int) -> Counter[tuple[int, int]]:
    rows = storm.meter_reports.take(storm.meter_reports.kind == kind)
    return Counter(zip(rows.point.tolist(), rows.observed_at.tolist(), strict=True))


def seen(storm: Storm) -> Interruptions:
    assert storm.heard is not None
    return storm.heard.home.as_seen(storm.interruptions)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_on_a_clean_day_meters_say_all_that_they_notice_and_nothing_else(storm_of: Make, seed: int) -> None:
    storm = storm_of("clean", seed)
    out = storm.interruptions
    assert storm.heard is not None
    metered = storm.heard.meters.metered[out.point]
    long = metered & (out.back_at - out.out_at > LONGER_THAN_ANY_HOLD_OFF)
    gone = set(zip(out.point.tolist(), out.out_at.tolist(), strict=True))
    assert set(said(storm, LAST_GASP)) <= gone
    assert {pair for pair, is_long in zip(gone_in_order(out), long.tolist(), strict=True) if is_long} <= set(
        said(storm, LAST_GASP)
    )
    back = set(zip(out.point.tolist(), out.back_at.tolist(), strict=True))
    assert set(said(storm, POWER_RESTORED)) <= back
    stays = long & (out.next_out_at() - out.back_at > LONGER_THAN_ANY_HOLD_OFF + 60_000)
    returned = zip(out.point[stays].tolist(), out.back_at[stays].tolist(), strict=True)
    assert set(returned) <= set(said(storm, POWER_RESTORED))
    assert set(storm.meter_reports.kind.tolist()) == {LAST_GASP, POWER_RESTORED}


def gone_in_order(out: Interruptions) -> list[tuple[int, int]]:
    return list(zip(out.point.tolist(), out.out_at.tolist(), strict=True))


@pytest.mark.parametrize("preset", ["good", "bad", "worst"])
@pytest.mark.parametrize("seed", [1, 2])
def test_gasps_arrive_at_the_rate_of_their_collector_and_hour(storm_of: Make, preset: str, seed: int) -> None:
    storm = storm_of(preset, seed)
    heard, out = storm.heard, seen(storm)
    assert heard is not None
    meters = heard.meters
    long = (out.back_at - out.out_at > LONGER_THAN_ANY_HOLD_OFF) & meters.speaking[out.point]
    long &= ~meters.carrier[out.point]
    point, sent_at = out.point[long], out.out_at[long] + np.rint(1000 * meters.hold_off[out.point[long]]).astype(int)
    rate = heard.delivery.gasp_rate(meters.cellular[point], meters.collector[point], sent_at)
    silent = heard.delivery.is_silent(meters.collector[point], sent_at) & ~meters.cellular[point]
    arrived = said(storm, LAST_GASP)
    stamps = meters.clocks.stamp(point, out.out_at[long]).tolist()
    came = np.array([arrived[pair] > 0 for pair in zip(point.tolist(), stamps, strict=True)])
    assert abs(came[~silent].mean() - rate[~silent].mean()) < 0.03
    assert not silent.any() or came[silent].mean() < 0.05, "but for a hold-off that varies"


def test_as_many_collectors_as_the_table_says_are_silent_while_their_place_is_out(storm_of: Make) -> None:
    weak = out_at_all = 0
    for seed in range(1, 7):
        storm = storm_of("bad", seed)
        heard, out = storm.heard, storm.interruptions
        assert heard is not None
        since, until = heard.delivery.silent_from, heard.delivery.silent_to
        assert np.all(until - since > 60_000)
        collectors = since // PLACE
        weak += len(np.unique(collectors))
        out_at_all += len(np.unique(heard.meters.collector[out.point]))
        begins = set((heard.meters.collector[out.point] * PLACE + out.out_at).tolist())
        assert set(since.tolist()) <= begins, "each begins as one of its own places goes out"
    assert 0.08 < weak / out_at_all < 0.25


@pytest.mark.parametrize("preset", DAYS)
def test_meters_are_what_the_table_says(storm_of: Make, network: Network, preset: str) -> None:
    day, heard = DAYS[preset], storm_of(preset, 1).heard
    assert heard is not None
    meters, points = heard.meters, len(network.point_device)
    moved = np.flatnonzero(meters.meter_of != np.arange(points))
    assert len(moved) == 2 * round(day.wrong_joins * meters.metered.sum() / 2)
    assert np.all(network.point_device[moved] != network.point_device[meters.meter_of[moved]])
    assert sorted(meters.meter_of.tolist()) == list(range(points)), "each meter hangs in one place"
    for has, share in (
        (meters.metered & ~meters.speaking, day.mute_meters),
        (meters.source == CARRIER, day.plc_meters),
        (meters.clocks.hour_off, day.clocks_hour),
        (meters.clocks.reset, day.clocks_reset),
        (meters.clocks.whole, day.clocks_whole_seconds),
    ):
        assert abs(has.mean() - share) < 0.25 * share + 0.002
    seconds = np.abs(meters.clocks.error_ms - HOUR_MS * np.rint(meters.clocks.error_ms / HOUR_MS))
    assert seconds.max() <= (5000 if day.clocks_off else 0)
    assert (seconds.mean() > 500) == day.clocks_off
    for device in np.unique(network.point_device[meters.carrier]).tolist():
        of_device = meters.carrier[network.point_device == device]
        assert of_device.all(), "a concentrator hears all meters of its transformer"


def test_what_is_untrue_on_the_worst_day_is_there_in_its_share(storm_of: Make) -> None:
    shares = []
    for seed in range(1, 5):
        storm = storm_of("worst", seed)
        heard, out = storm.heard, seen(storm)
        assert heard is not None
        day, reports, clocks = DAYS["worst"], storm.meter_reports, heard.meters.clocks
        bursts = reports.take(reports.kind == INFERRED)
        assert 10 <= len(np.unique(bursts.point)) <= 200 * day.inferred_bursts
        returns = reports.take((reports.kind == POWER_RESTORED) & ~clocks.reset[reports.point])
        long = (out.back_at < NEVER) & (out.back_at - out.out_at > 600_000) & heard.meters.speaking[out.point]
        true = np.sort(out.point * PLACE + clocks.stamp(out.point, np.minimum(out.back_at, PLACE // 2)))
        told = np.unique(returns.point * PLACE + returns.observed_at)
        # Copies by neighbours are up to 1.5 s off, and a whole second may be cut.
        false = np.searchsorted(true, told - 2600) == np.searchsorted(true, told + 2600)
        shares.append(false.sum() / long.sum())
    # Disconnects say "power restored" too, about as often as meters lie.
    assert 0.5 * day.false_on < np.mean(shares) < 3 * day.false_on


@pytest.mark.parametrize("family", FAMILIES["copies"])
def test_copies_repeat_what_was_said_and_come_later(family: str) -> None:
    lots, rows = default_rng(6), 5000
    at = START + lots.integers(0, 6 * HOUR_MS, rows)
    reports = Reports.of(np.arange(rows, dtype=np.int32), LAST_GASP, at, at + 30_000)
    collector = np.arange(rows, dtype=np.int32) % 60
    found = copies(7, family, 0.3, reports, collector, clocks_off=False)
    assert abs(len(found) / rows - 0.3) < 0.07
    assert np.all(found.observed_at == at[found.point])
    assert np.all(found.received_at > reports.received_at[found.point])
    assert np.bincount(found.point).max() <= 10
    estimated = copies(7, family, 0.3, reports, collector, clocks_off=True)
    assert (np.abs(estimated.observed_at - at[estimated.point]).max() > 0) == (family == "neighbours")


def test_over_the_power_line_gasps_come_late_and_a_reset_clock_begins_anew(storm_of: Make) -> None:
    storm = storm_of("worst", 1)
    assert storm.heard is not None
    meters, reports = storm.heard.meters, storm.meter_reports
    gasps = reports.take((reports.kind == LAST_GASP) & meters.carrier[reports.point])
    right = ~meters.clocks.hour_off[gasps.point]
    late = (gasps.received_at - gasps.observed_at)[right]
    assert np.median(late) > 300_000
    assert late.max() < 1000 * CARRIER_CAP_SECONDS + LONGER_THAN_ANY_HOLD_OFF + 1_800_000
    reset = reports.take((reports.kind == POWER_RESTORED) & meters.clocks.reset[reports.point])
    since = reset.observed_at - RESET_TO_MS
    assert (np.abs(since) < HOUR_MS).mean() > 0.8, "but for disconnects, which are noted by a clock that is right"


def test_a_battery_hides_an_interruption_and_a_generator_ends_it_for_the_meter() -> None:
    rows = 4000
    point = np.arange(rows, dtype=np.int32)
    out = Interruptions(point, point, np.full(rows, 1_000_000), np.full(rows, 1_000_000 + 7_200_000))
    home = draw_home_supply(5, 0.5, rows, out)
    as_seen = home.as_seen(out)
    hidden = np.setdiff1d(point, as_seen.point)
    assert set(hidden.tolist()) == set(out.point[home.row[home.battery]].tolist())
    assert abs(len(home.row) / rows - 0.5) < 0.05
    short = as_seen.back_at < 1_000_000 + 7_200_000
    assert set(as_seen.point[short].tolist()) == set(out.point[home.row[~home.battery]].tolist())
    assert (as_seen.back_at - as_seen.out_at)[short].min() >= 8000
