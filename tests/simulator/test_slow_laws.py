from __future__ import annotations

import numpy as np
import pytest

from adapters.network.load import load_network
from simulator.days.meters import LAST_GASP
from simulator.options import storm_options
from simulator.storm import simulate
from tests.worlds.storms import CKT5


@pytest.mark.parametrize("preset", ["full", "clean", "worst"])
def test_laws_of_half_the_speed_double_what_gasps_take_and_leave_the_storm_as_it_is(preset: str) -> None:
    network = load_network(CKT5)
    usual, slow = (simulate(network, storm_options(2, preset, {"slow_laws": factor})) for factor in (1.0, 2.0))
    assert usual.course == slow.course
    medians = []
    for storm in (usual, slow):
        gasps = storm.meter_reports.take(storm.meter_reports.kind == LAST_GASP)
        medians.append(float(np.median(gasps.received_at - gasps.observed_at)))
    assert medians[1] / medians[0] == pytest.approx(2, rel=0.2)
