from collections.abc import Callable

import numpy as np
import pytest

from models.evidence.kinds import KIND_CODE
from models.network.network import Network
from models.refusal import FaultsError
from simulator.course import NEVER
from simulator.scoring.reading.evidence import Column, Evidence
from simulator.scoring.reading.interruptions import Interrupted
from simulator.scoring.reading.truth import FaultLine, Truth, lay_faults
from simulator.scoring.restoration.messages import Told
from simulator.scoring.restoration.restored import told_in_time, told_while_out

NOON = 1_783_857_600_000


def at(*minutes: float) -> np.ndarray:
    return np.array([NOON + round(60_000 * minute) for minute in minutes], np.int64)


def interrupted(*spans: tuple[int, float, float | None]) -> Interrupted:
    """Usage point, out and back in minutes after noon."""
    point = np.array([point for point, _, _ in spans], np.int32)
    back = [NEVER if back is None else int(at(back)[0]) for _, _, back in spans]
    return Interrupted.of(point, at(*(out for _, out, _ in spans)), np.array(back, np.int64))


def told(*messages: tuple[int, float, float]) -> Told:
    """Usage point, told and restored in minutes after noon."""
    point = np.array([point for point, _, _ in messages], np.int32)
    moments = at(*(moment for _, moment, _ in messages)), at(*(moment for _, _, moment in messages))
    return Told(point, np.arange(len(messages)), *moments, unsure_records=0, unsure_customers=0)


def evidence(*reports: tuple[int, str, float, float]) -> Evidence:
    """Usage point, kind, observed and received in minutes after noon."""
    subject = np.array([point for point, *_ in reports], np.int32)
    kind = np.array([KIND_CODE[kind] for _, kind, _, _ in reports], np.int8)
    came = at(*(came for *_, came in reports))
    return Evidence(
        Column(subject, kind, at(*(seen for _, _, seen, _ in reports)), came, came),
        Column(subject[:0], kind[:0], at(), at(), at()),
        int(at(600)[0]),
    )


def test_each_message_is_held_against_the_moment_it_was_said(town: Network) -> None:
    truth = interrupted((0, 0, 10), (1, 0, 60), (2, 0, 20), (2, 30, None), (3, 5, 40))
    found = told_while_out(
        town,
        told((0, 10, 10), (0, 9, 9), (1, 15, 10), (2, 25, 20), (2, 31, 20), (3, 4, 4), (3, 40, 40)),
        Truth(lay_faults([], town), truth),
        evidence(),
    )
    assert found.rows.tolist() == [1, 2, 4]
    assert found.out_again.tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("reports", "told_at", "restored_at", "held_against_it"),
    [
        ([], 30.1, 20, False),
        ([(1, "last_gasp", 30, 30.05)], 30.2, 20, True),  # a neighbour had said it
        ([(1, "last_gasp", 30, 30.05)], 30.13, 20, False),  # but just then
        ([(0, "last_gasp", 30, 30.05)], 30.13, 20, True),  # the customer himself
        ([(1, "last_gasp", 5, 30.05)], 30.2, 20, False),  # of another time
        ([(4, "last_gasp", 30, 30.05)], 30.2, 20, False),  # of another device
        ([(1, "power_restored", 20, 30.05)], 30.2, 20, False),
        ([], 30.1, 30, True),  # it had not even gone out: no news, but no evidence either
        ([], 10, 9, True),
    ],
)
def test_who_goes_out_again_before_anybody_could_know_was_rightly_told(
    town: Network,
    fault: Callable[..., FaultLine],
    reports: list[tuple[int, str, float, float]],
    told_at: float,
    restored_at: float,
    held_against_it: bool,
) -> None:
    first, again = fault("first", "T1", 0, 1200), fault("again", "T1", 1800, 3600)
    interruptions = Interrupted.of(np.zeros(2, np.int32), at(0, 30), at(20, 60), np.array([0, 1], np.int32))
    truth = Truth(lay_faults([first, again], town), interruptions)
    found = told_while_out(town, told((0, told_at, restored_at)), truth, evidence(*reports))
    assert found.rows.tolist() == [0] * held_against_it
    assert found.unforeseen.tolist() == [0] * (not held_against_it)


def test_who_misled_the_engine_and_who_had_warned_it(town: Network) -> None:
    truth = interrupted(*((point, 0, 60) for point in range(7)))
    reports = evidence(
        (0, "power_restored", 30, 40),
        (1, "power_restored", 30, 51),  # came too late to mislead
        (2, "power_restored", 0.1, 20),  # of the time before, by a clock that is off
        (3, "last_gasp", 46, 49),
        (4, "last_gasp", 44, 49),  # before the close-in
        (5, "no_power", 46, 50),  # not yet read at that instant
        (6, "ping_off", 45, 46),
    )
    found = told_while_out(
        town, told(*((point, 50, 45) for point in range(7))), Truth(lay_faults([], town), truth), reports
    )
    assert found.false_on.tolist() == [True] + [False] * 6
    assert found.own_report.tolist() == [False, False, False, True, False, False, True]
    assert found.neighbours_false_on.tolist() == [False, True] + [False] * 5  # p1 and p2 are fed by one transformer
    causes = {cause: np.flatnonzero(rows).tolist() for cause, rows in found.by_cause().items()}
    assert causes == {
        "own_report": [3, 6],
        "false_on": [0],
        "out_again": [],
        "neighbours_false_on": [1],
        "otherwise": [2, 4, 5],
    }


def test_half_an_hour_is_in_time() -> None:
    truth = interrupted(
        (0, 0, 10),
        (1, 0, 10),
        (2, 0, 10),
        (3, 0, 10),
        (4, 0, 4),  # momentary
        (5, 0, None),  # still out
        (6, 0, 10),  # out again too soon
        (6, 35, 80),
        (7, 0, 571),  # too near to the end
        (8, 0, 570),
    )
    messages = told((0, 40, 10), (1, 40.1, 10), (2, 5, 5), (2, 9.9, 10), (3, 9, 9), (6, 81, 80), (8, 571, 570))
    found = told_in_time(messages, truth, int(at(600)[0]))
    assert truth.point[found.interruption].tolist() == [0, 1, 2, 3, 6, 8]
    assert found.in_time.tolist() == [True, False, True, False, True, True]


def test_nobody_told_is_nobody_in_time(town: Network) -> None:
    assert not told_in_time(told(), interrupted((0, 0, 10)), int(at(600)[0])).in_time.any()
    nothing = Truth(lay_faults([], town), interrupted())
    assert told_while_out(town, told((0, 1, 1)), nothing, evidence()).rows.tolist() == []


def test_nobody_goes_out_twice() -> None:
    with pytest.raises(FaultsError, match="overlap"):
        interrupted((0, 0, 10), (0, 9, 12))
