"""The truth of every preset against an account of its own: whoever has no path of closed devices to a source is out."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import default_rng

from simulator.files.folder import write_storm
from simulator.options import storm_options
from simulator.storm import simulate
from tests.simulator.grids import random_network, told_faults, told_interruptions, worked_out_interruptions

SEEDS = st.integers(0, 10_000)
PRESETS = {
    "full": {"faults_per_hour": 25.0, "duration_seconds": 7200.0, "crew_count": 3},
    "long": {"duration_seconds": 4 * 3600.0},
    "snapshot": {},
    "clean": {"faults_per_hour": 20.0, "duration_seconds": 7200.0, "crew_count": 3},
    "worst": {"faults_per_hour": 20.0, "duration_seconds": 7200.0, "crew_count": 2},
}


@settings(max_examples=150, deadline=None)
@given(SEEDS, st.sampled_from(sorted(PRESETS)), st.integers(8, 60))
def test_interruptions_are_those_that_the_operations_cause(seed: int, preset: str, size: int) -> None:
    network, devices = random_network(default_rng(seed), size)
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_storm(folder, network, simulate(network, storm_options(seed, preset, PRESETS[preset])))
        told = told_interruptions(folder)
        assert sorted((point, out_at, back_at or 0) for point, _, out_at, back_at in told) == sorted(
            (point, out_at, back_at or 0)
            for point, out_at, back_at in worked_out_interruptions(folder, network, devices)
        )
        known = {fault["fault_id"] for fault in told_faults(folder)}
        assert {fault for _, fault, _, _ in told} <= known
