from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.network.network import Network
from simulator.scoring.calibration import BINS, Judgements, calibration_error, judgements
from simulator.scoring.pairing.matches import match_all
from simulator.scoring.reading.output import lay_output
from simulator.scoring.reading.truth import lay_faults

Say = Callable[..., Any]
cases = st.tuples(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]) | st.floats(0, 1), st.booleans(), st.booleans())


def judged(*found: tuple[float, bool, bool]) -> Judgements:
    confidence, right, confirmed = np.array(found, float).reshape(-1, 3).T
    return Judgements(confidence, right.astype(bool), confirmed.astype(bool))


@given(st.lists(cases, max_size=80), st.randoms())
def test_bins_hold_all_outages_evenly_whatever_their_order(found: list[tuple[float, bool, bool]], lots: Any) -> None:
    bins = judged(*found).bins(confirmed=False)
    ours = [(confidence, right) for confidence, right, confirmed in found if not confirmed]
    sizes = [each.outages for each in bins]
    assert sum(sizes) == len(ours)
    assert len(bins) == min(BINS, len(ours))
    assert not sizes or max(sizes) - min(sizes) <= 1
    assert sum(each.outages * each.right for each in bins) == pytest.approx(sum(right for _, right in ours))
    assert sum(each.outages * each.confidence for each in bins) == pytest.approx(sum(sure for sure, _ in ours))
    lots.shuffle(found)
    assert judged(*found).bins(confirmed=False) == bins
    halves = [judged(*found[::2]), judged(*found[1::2])]
    assert Judgements.pooled(halves).bins(confirmed=False) == bins


def test_who_is_right_as_often_as_he_says_has_no_error() -> None:
    said = [(0.75, n % 4 > 0, False) for n in range(40)]
    assert calibration_error(judged(*said).bins(confirmed=False)) == 0
    assert calibration_error(judged(*((1.0, n % 4 > 0, False) for n in range(40))).bins(confirmed=False)) == 0.25
    assert calibration_error([]) is None
    assert calibration_error(judged((1.0, False, False), (0.0, True, False)).bins(confirmed=False)) == 1


def test_outages_that_are_neither_right_nor_wrong_are_left_out(town: Network, fault: Say, revision: Say) -> None:
    faults = lay_faults([fault("L1", "L1", 0, 3600), fault("switch", "B", 500, 3600, kind="isolation")], town)
    said = [
        revision("right", 1, 60, "L1", 0, confidence=0.9, evidence="inferred"),
        revision("wrong", 1, 60, "T2", 0, confidence=0.8, evidence="confirmed"),
        revision("wrong service", 1, 60, "p1", 0, device_kind="service", confidence=0.7),
        revision("switch", 1, 700, "B", 600, out=1, confidence=0.6),
        revision("merged", 1, 700, "T3", 600, status="merged", confidence=0.6),
        revision("unsaid", 1, 700, "T4", 600, confidence=None),
    ]
    outages = lay_output(said, [], [], town).outages
    found = judgements(outages, match_all(town, faults, outages))
    assert found.confidence.tolist() == [0.9, 0.8, 0.7]
    assert found.right.tolist() == [True, False, False]
    assert found.confirmed.tolist() == [False, True, False]
