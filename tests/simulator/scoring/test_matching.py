from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from models.network.network import Network
from simulator.scoring.matching import TOLERANCE_MS, UNMATCHED, assign
from simulator.scoring.output import lay_output
from simulator.scoring.score import match_all
from simulator.scoring.truth import lay_faults

Say = Callable[..., Any]


def best_by_trying_all(apart: np.ndarray[Any, np.dtype[np.int64]]) -> tuple[int, int]:
    """Size and total difference of the best matching: every order of the columns is tried against the rows."""
    rows, columns = apart.shape
    if rows > columns:
        return best_by_trying_all(apart.T)
    best = (0, 0)
    for order in permutations(range(columns), rows):
        kept = [int(apart[row, column]) for row, column in enumerate(order) if apart[row, column] <= TOLERANCE_MS]
        best = max(best, (len(kept), -sum(kept)))
    return best[0], -best[1]


differences = st.one_of(st.integers(0, 5), st.integers(TOLERANCE_MS - 2, TOLERANCE_MS + 2), st.integers(0, 10**7))


@given(arrays(np.int64, array_shapes(min_dims=2, max_dims=2, max_side=5), elements=differences))
def test_no_other_matching_is_larger_or_of_that_size_nearer(apart: np.ndarray[Any, np.dtype[np.int64]]) -> None:
    rows, columns = assign(apart)
    assert len(set(rows.tolist())) == len(set(columns.tolist())) == len(rows)
    assert (apart[rows, columns] <= TOLERANCE_MS).all()
    assert (len(rows), int(apart[rows, columns].sum())) == best_by_trying_all(apart)


def test_faults_that_count_come_first_and_the_rest_is_neither_right_nor_wrong(
    town: Network, fault: Say, revision: Say
) -> None:
    faults = lay_faults(
        [
            fault("sustained", "L1", 0, 3600),
            fault("below", "T1", 900, 9000, nested_in="sustained"),
            fault("short", "L1", 7000, 7010),
            fault("same class", "L2", 0, 3600),
            fault("switch", "B", 500, 3600, kind="isolation"),
            fault("service", None, 0, 3600, usage_point_id="p1"),
            fault("alone below its transformer", None, 0, 3600, usage_point_id="p7"),
            fault("missed", "T2", 0, 3600),
            fault("cancelled only", "T2", 50_000, 53_600),
        ],
        town,
    )
    said = [
        revision("a", 1, 60, "L1", 119),
        revision("b", 1, 60, "T1", -60),
        revision("c", 1, 60, "L1", 7000),
        revision("d", 1, 60, "T3", 1),
        revision("e", 1, 60, "S", 500),
        revision("f", 1, 60, "p1", 1, device_kind="service"),
        revision("g", 1, 60, "T4", 1),
        revision("too late", 1, 60, "T2", 121),
        revision("h", 1, 60, "T2", 50_000, status="cancelled"),
        revision("i", 1, 60, "p2", 1, device_kind="service"),
        revision("momentary", 1, 60, "B", 9000, status="momentary"),
    ]
    outages = lay_output(said, [], [], town).outages
    found = match_all(faults, outages)

    def pairs(matched: np.ndarray[Any, np.dtype[np.int64]]) -> dict[str, str]:
        return {faults.lines[n].fault_id: outages.ids[o] for n, o in enumerate(matched.tolist()) if o != UNMATCHED}

    assert pairs(found.counted) == {"sustained": "a", "below": "b", "same class": "d"}
    assert pairs(found.services) == {"service": "f", "alone below its transformer": "g"}
    assert pairs(found.set_aside) == {"cancelled only": "h"}
    assert pairs(found.others) == {"short": "c", "switch": "e"}
    assert [outages.ids[n] for n in np.flatnonzero(found.wrong).tolist()] == ["too late"]
    assert [outages.ids[n] for n in np.flatnonzero(found.wrong_services).tolist()] == ["i"]


def test_the_first_minutes_of_one_place_are_shared_out_by_nearness(town: Network, fault: Say, revision: Say) -> None:
    faults = lay_faults([fault("first", "L1", 0, 3600), fault("second", "L1", 100, 3600)], town)
    outages = lay_output([revision("late", 1, 9, "L1", 110), revision("early", 1, 9, "L1", 5)], [], [], town).outages
    assert match_all(faults, outages).counted.tolist() == [1, 0]
