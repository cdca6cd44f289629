"""The laws of the days: several families of each, all of them drawn, none of them the engine's model file."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import default_rng
from numpy.typing import NDArray

from models.outages.weights.parameters import Parameters
from simulator.days.laws import FAMILIES, draw_laws
from simulator.days.loss import gasp_rates, return_rates
from simulator.days.table import DAYS
from simulator.days.waiting import CARRIER_CAP_SECONDS, carrier_ms, delays_ms, hold_offs, waking_ms
from simulator.options import DAYS as DAY_PRESETS
from simulator.options import storm_options
from tests.worlds.storms import HOME

COUNT = 20_000
COLLECTOR = np.arange(COUNT, dtype=np.int32) % 40
SLOW, QUICK = np.zeros(COUNT, bool), np.ones(COUNT, bool)


def apart(seconds: NDArray[np.float64], steps: tuple[tuple[float, float], ...]) -> float:
    """Return the largest difference between a sample and a law of the model file (Kolmogorov's)."""
    return max(abs(float((seconds <= at).mean()) - share) for at, share in steps)


def test_seeds_draw_every_family_of_each() -> None:
    drawn = [draw_laws(seed) for seed in range(60)]
    for what, families in FAMILIES.items():
        assert len(families) >= 3
        found = Counter(laws[what] for laws in drawn)
        assert set(found) == set(families)
        assert min(found.values()) >= 8
    assert len({tuple(laws.values()) for laws in drawn[:10]}) == 10, "ten seeds, ten mixtures"


@pytest.mark.parametrize("family", FAMILIES["hold_off"])
def test_no_hold_off_is_the_model_files(family: str) -> None:
    sources = Parameters().sources
    for cellular, name in ((SLOW, "mesh"), (QUICK, "cellular")):
        seconds = hold_offs(default_rng(1), family, COLLECTOR, cellular)
        assert seconds.min() > 0
        assert seconds.max() < 120
        assert apart(seconds, sources[name].hold_off) > 0.15


@pytest.mark.parametrize("delay", FAMILIES["delay"])
@pytest.mark.parametrize("hold_off", FAMILIES["hold_off"])
def test_no_gasp_arrives_by_the_model_files_law(hold_off: str, delay: str) -> None:
    lots = default_rng(2)
    waits = hold_offs(lots, hold_off, COLLECTOR, SLOW) + delays_ms(lots, delay, SLOW) / 1000
    assert apart(waits, Parameters().sources["mesh"].gasp) > 0.1


@pytest.mark.parametrize("waking", FAMILIES["waking"])
def test_no_return_is_told_by_the_model_files_law(waking: str) -> None:
    for delay in FAMILIES["delay"]:
        lots = default_rng(3)
        waits = (waking_ms(lots, waking, SLOW) + delays_ms(lots, delay, SLOW)) / 1000
        assert apart(waits, Parameters().sources["mesh"].restored) > 0.1


@pytest.mark.parametrize("family", FAMILIES["carrier"])
def test_the_power_line_takes_minutes_and_never_more_than_ninety(family: str) -> None:
    late = carrier_ms(default_rng(4), family, COUNT) / 1000
    assert late.min() > 0
    assert late.max() <= CARRIER_CAP_SECONDS
    assert 600 < np.median(late) < 3000
    assert (late > 3600).mean() > 0.02


@given(st.sampled_from(FAMILIES["loss"]), st.sampled_from([0.9, 0.7, 0.45]), st.booleans(), st.integers(0, 1000))
def test_rates_have_the_mean_asked_for_and_change_by_collector_and_hour(
    family: str, mean: float, mild: bool, seed: int
) -> None:
    rates = gasp_rates(default_rng(seed), family, mean, (2, 300, 12), mild=mild)
    low = 0.6 if family == "on_off" and mild else 0.0
    assert abs(rates.mean() - max(mean, low)) < 0.04
    assert rates.min() >= 0
    assert rates.max() <= 1
    by_hour = rates.std(axis=2).mean()
    assert by_hour > (0.0 if mild else 0.06)
    assert by_hour < (0.2 if mild else 0.5)
    if not mild:
        assert rates.mean(axis=2).std() > 0.05


@pytest.mark.parametrize("mean", [0.0, 1.0])
def test_what_always_or_never_arrives_has_no_spread(mean: float) -> None:
    assert set(gasp_rates(default_rng(1), "walk", mean, (2, 5, 7), mild=False).ravel()) == {mean}
    assert set(return_rates(default_rng(1), mean, 5, mild=False)) == {mean}


def test_the_reference_has_every_family_and_every_figure() -> None:
    page = (HOME / "docs" / "reference" / "simulation.md").read_text()
    section = page[page.index("## Good and bad days") : page.index("## What lies in the folder")]
    for families in FAMILIES.values():
        assert all(f"`{family}`" in section for family in families)
    rows = {
        cells[1].strip(): [cell.strip() for cell in cells[2:6]]
        for cells in (line.split("|") for line in section.splitlines())
        if len(cells) == 7
    }

    def figures(row: str, place: int) -> list[float]:
        cells = next(cells for name, cells in rows.items() if name.startswith(row))
        parts = [cell.split("; ")[place] if ";" in cell else cell for cell in cells]
        return [float(part.split("%")[0].split()[0]) / (100 if "%" in part else 1) for part in parts]

    assert tuple(DAYS) == DAY_PRESETS == tuple(name.strip("`") for name in rows[""])
    for place, field in enumerate(("scada_missing", "scada_late", "scada_untrue", "frozen_units")):
        assert figures("SCADA", place) == [getattr(day, field) for day in DAYS.values()]
    for row, fields in {
        "meters that hang": ("wrong_joins", "mute_meters"),
        "collectors that are silent": ("collectors_without_battery",),
        "meters on power line": ("plc_meters", "inferred_bursts"),
        "crews' jobs": ("wrong_device_first", "silent_crews"),
        "ties that": ("unlisted_ties", "home_supply"),
    }.items():
        for place, field in enumerate(fields):
            assert figures(row, place) == [getattr(day, field) for day in DAYS.values()]
    options = [storm_options(1, preset, {}) for preset in DAYS]
    assert figures("`--false-gasps`", 0) == [one.false_gasps for one in options]
    assert figures("`--false-gasps`", 1) == [day.false_on for day in DAYS.values()]
    assert figures("`--copies`", 0) == [one.copies for one in options]
    delivery = next(cells for name, cells in rows.items() if name.startswith("`--delivery`"))
    assert [float(cell.split(",")[0]) for cell in delivery] == [one.delivery for one in options]
