from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from models.network.network import Network
from simulator.scoring.pairing.matches import match_all
from simulator.scoring.pairing.matching import TOLERANCE_MS, UNMATCHED, assign
from simulator.scoring.reading.output import lay_output
from simulator.scoring.reading.truth import lay_faults

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
        revision("e", 1, 560, "S", 500, out=1),
        revision("f", 1, 60, "p1", 1, device_kind="service"),
        revision("g", 1, 60, "T4", 1),
        revision("too late", 1, 60, "T2", 121),
        revision("h", 1, 60, "T2", 50_000, status="cancelled"),
        revision("i", 1, 60, "p2", 1, device_kind="service"),
        revision("momentary", 1, 60, "B", 9000, status="momentary"),
    ]
    outages = lay_output(said, [], [], town).outages
    found = match_all(town, faults, outages)

    def pairs(matched: np.ndarray[Any, np.dtype[np.int64]]) -> dict[str, str]:
        return {faults.lines[n].fault_id: outages.ids[o] for n, o in enumerate(matched.tolist()) if o != UNMATCHED}

    assert pairs(found.counted) == {"sustained": "a", "below": "b", "same class": "d"}
    assert pairs(found.services) == {"service": "f", "alone below its transformer": "g"}
    assert pairs(found.set_aside) == {"cancelled only": "h"}
    assert pairs(found.others) == {"short": "c", "switch": "e"}
    assert [outages.ids[n] for n in np.flatnonzero(found.wrong).tolist()] == ["too late"]
    assert [outages.ids[n] for n in np.flatnonzero(found.wrong_services).tolist()] == ["i"]


def test_the_first_minutes_of_one_place_are_shared_out_by_nearness(town: Network, fault: Say, revision: Say) -> None:
    faults = lay_faults([fault("first", "L1", 0, 90, momentary=False), fault("second", "L1", 100, 3600)], town)
    outages = lay_output([revision("late", 1, 9, "L1", 110), revision("early", 1, 9, "L1", 5)], [], [], town).outages
    assert match_all(town, faults, outages).counted.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("started", "restored", "neither"),
    [(900, 2000, True), (900, None, True), (-100, 601, True), (-130, 601, False), (1700, 2000, False), (0, 500, False)],
)
def test_an_isolating_switch_is_matched_by_overlap_in_time(
    town: Network, fault: Say, revision: Say, started: int, restored: int | None, neither: bool
) -> None:
    lines = [fault("main", "B", 0, 900), fault("cut", "L1", 600, 1700, kind="isolation", nested_in="main")]
    said = revision("a", 1, 2000, "L1", started, out=1 if restored is None else 0, restored=restored)
    found = match_all(town, lay_faults(lines, town), lay_output([said], [], [], town).outages)
    assert found.others.tolist() == [UNMATCHED, 0 if neither else UNMATCHED]
    assert found.wrong.tolist() == [not neither]


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ([("T1", 60, "detected"), ("T1", 180, "merged")], True),
        ([("T1", 60, "detected"), ("L1", 180, "merged")], True),
        ([("T1", 60, "detected"), ("T1", 179, "merged")], False),
        ([("T1", 60, "detected"), ("T1", 180, "cancelled")], False),
        ([("T2", 60, "detected"), ("T1", 100, "detected"), ("T1", 200, "merged")], False),
        ([("T1", 60, "detected"), ("T2", 200, "detected"), ("T2", 400, "merged")], False),
        ([("T1", 60, "detected"), ("T1", 1020, "merged")], True),
        ([("T1", 60, "detected"), ("T1", 1021, "merged")], False),
        ([("T1", 60, "detected"), ("T1", 70, "repaired")], True),
    ],
)
def test_a_nested_outage_that_stood_two_minutes_is_right_though_it_ended_below_an_open_device(
    town: Network, fault: Say, revision: Say, said: list[tuple[str, int, str]], right: bool
) -> None:
    lines = [fault("lower", "T1", 0, 700, nested_in="upper"), fault("upper", "B", 100, 900)]
    revisions = [revision("a", n, at, device, 0, status=status) for n, (device, at, status) in enumerate(said, 1)]
    found = match_all(town, lay_faults(lines, town), lay_output(revisions, [], [], town).outages)
    assert found.counted.tolist() == [0 if right else UNMATCHED, UNMATCHED]
    assert not found.wrong.any()


@pytest.mark.parametrize(
    ("started", "right"),
    [
        (900, True),  # at the close-in of the breaker, as the contract has it
        (1019, True),
        (1021, False),
        (1500, True),  # at that of the switch, which kept them out as well
        (400, True),  # when its own gasps say
        (100, True),  # when the breaker took them
        (740, False),  # at nothing
        (2009, False),  # after a dip, which left nobody out for long
        (3300, False),  # at a closing after its own end
    ],
)
def test_a_nested_outage_may_start_at_the_close_in(
    town: Network, fault: Say, revision: Say, started: int, right: bool
) -> None:
    lines = [
        fault("nested", "T1", 400, 2900),
        fault("main", "B", 100, 900),
        fault("cut", "L1", 600, 1500, kind="isolation"),
        fault("dip", "B", 2000, 2010),
        fault("later", "B", 2600, 3300),
    ]
    said = revision("a", 1, 3400, "T1", started, restored=2900)
    found = match_all(town, lay_faults(lines, town), lay_output([said], [], [], town).outages)
    assert found.counted.tolist()[0] == (0 if right else UNMATCHED)
    assert found.wrong.tolist() == [not right]


def test_who_was_handed_from_one_open_device_to_the_next_is_out_since_the_first(
    town: Network, fault: Say, revision: Say
) -> None:
    lines = [
        fault("main", "B", 0, 900),
        fault("cut", "L1", 600, 1500, kind="isolation"),
        fault("fed", "T1", 1500, 2900),
    ]
    for started, right in ((0, True), (600, True), (1500, True), (300, False)):
        said = revision("a", 1, 3000, "T1", started, restored=2900)
        found = match_all(town, lay_faults(lines, town), lay_output([said], [], [], town).outages)
        assert (found.counted.tolist()[2] == 0) == right


def test_the_own_opening_is_nearer_than_a_close_in(town: Network, fault: Say, revision: Say) -> None:
    faults = lay_faults([fault("nested", "T1", 400, 2900), fault("main", "B", 100, 900)], town)
    said = [revision(name, 1, 3000, "T1", at, restored=2900) for name, at in (("found", 900), ("there", 459))]
    found = match_all(town, faults, lay_output(said, [], [], town).outages)
    assert found.counted.tolist()[0] == 1
    assert found.wrong.tolist() == [True, False]


def test_a_nested_service_counts_below_the_device_that_feeds_it(town: Network, fault: Say, revision: Say) -> None:
    service = fault("service", None, 0, 700, usage_point_id="p1")
    said = [
        revision("a", n, 200 * n, "p1", 0, status=s, device_kind="service") for n, s in ((1, "detected"), (2, "merged"))
    ]
    outages = lay_output(said, [], [], town).outages
    for device, found in (("T1", 0), ("T2", UNMATCHED)):
        faults = lay_faults([service, fault("upper", device, 100, 900)], town)
        assert match_all(town, faults, outages).services.tolist() == [found, UNMATCHED]


def test_what_nobody_can_tell_from_an_open_fault_or_feel_does_not_count(town: Network, fault: Say) -> None:
    faults = lay_faults(
        [
            fault("first", "T3", 0, 600),
            fault("same place", "L2", 300, 900),
            fault("after both", "L2", 900, 1500),
            fault("of nobody", "L1", 0, 600, customers=0),
            fault("switch", "T1", 0, 900, kind="isolation"),
            fault("below the switch", "T1", 400, 900),
            fault("service that went out with what is above", None, 0, 600, usage_point_id="p1", customers=0),
        ],
        town,
    )
    assert np.flatnonzero(faults.services).tolist() == [6]
    assert [faults.lines[n].fault_id for n in np.flatnonzero(faults.counted).tolist()] == [
        "first",
        "after both",
        "below the switch",
    ]
