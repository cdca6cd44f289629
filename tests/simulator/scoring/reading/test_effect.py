from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from models.network.network import Network
from simulator.scoring.reading.effect import had_effect
from simulator.scoring.reading.interruptions import Interrupted
from simulator.scoring.reading.truth import lay_faults

NOON = 1_783_857_600_000
Say = Callable[..., Any]


@pytest.mark.parametrize(
    ("lower", "upper", "effect"),
    [
        ((100, 900), (0, 600), True),  # it kept them out when the upper one was closed
        ((100, 500), (0, 600), False),  # it opened and closed below a dead line
        ((100, 600), (0, 600), False),
        ((100, None), (0, None), False),
        ((100, None), (0, 700), True),
    ],
)
def test_what_opens_below_a_dead_line_has_effect_if_it_outlasts_it(
    town: Network, fault: Say, lower: tuple[int, int], upper: tuple[int, int], effect: bool
) -> None:
    """p3 is out from 0 to 1000, on account of the upper fault."""
    faults = lay_faults(
        [fault("upper", "L1", *upper), fault("lower", "T2", *lower), fault("aside", "T1", 0, 900)], town
    )
    out = np.array([NOON], np.int64)
    interrupted = Interrupted.of(town.find_points(["p3"]), out, out + 1_000_000, np.array([0], np.int32))
    assert had_effect(town, faults, interrupted).tolist() == [True, effect, False]


def test_where_the_truth_does_not_say_who_interrupted_whom_all_count(town: Network, fault: Say) -> None:
    faults = lay_faults([fault("a", "L1", 0, 600), fault("b", "T3", 0, 600)], town)
    out = np.array([NOON], np.int64)
    assert had_effect(town, faults, Interrupted.of(town.find_points(["p3"]), out, out + 1)).all()
