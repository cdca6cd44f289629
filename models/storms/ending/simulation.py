"""The rest of a storm, many times over: when each open outage ends, and by when enough customers have power.

An outage lasts as its range says, moved by the storm's pace: by so much that as many outages were to be over by now as
are. What goes wrong goes wrong for many: in a run each outage shares its luck with the storm, or has its own. Crews end
one outage after the other. Times are seconds, durations 1/256 of a logarithm to base 2 where it says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.storms.ending.laws import WHOLE, draws, probabilities, quantiles
from models.times.logarithms import STEPS, logarithms_of, seconds_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]

RUNS: Final = 200
FEWEST_RUNS: Final = 40
DRAWS: Final = 400_000
"""So many jobs times runs at the most, unless there are fewer runs than the fewest."""
TOGETHER: Final = 45_875
"""How often an outage shares the storm's luck: 0.7, by PG&E's storms of 8 and 23 October 2019 (benchmarks/estimate)."""
SOONEST: Final = 60
"""Seconds: no open outage ends before."""
DOUBTED: Final = 10
"""So many outages stand for no pace: ranges an octave up and down, half of which are over in time."""
FASTEST, SLOWEST = -4 * STEPS, 6 * STEPS
LEVELS: Final = (10, 50, 90)


class Jobs(NamedTuple):
    """N outages of a storm, over and open; columns."""

    age: Whole
    """Since the range was told, also of those that are over."""
    low: Whole
    high: Whole
    """The ends of the range, from when it was told."""
    open: NDArray[np.bool_]
    fixed: Whole
    """When a crew says that power is back, from now; -1: none says so."""


class Crews(NamedTuple):
    """Who is at work."""

    at_work: int = 0
    """0: nothing is known of them."""
    work: int = 0
    """How long an outage keeps a crew."""


def pace_of(jobs: Jobs) -> int:
    """By how much outages last longer than their ranges say, in logarithms: so that as many were to be over as are."""
    middle, half = _law(jobs)
    late = logarithms_of(jobs.age) - middle
    over = int((~jobs.open).sum()) * WHOLE + DOUBTED * WHOLE // 2
    fast, slow = FASTEST, SLOWEST
    while slow - fast > 1:
        pace = (fast + slow) // 2
        expected = int(probabilities((late - pace) * 1000 // half).sum())
        expected += DOUBTED * int(probabilities(np.array([-pace * 1000 // STEPS]))[0])
        fast, slow = (pace, slow) if expected > over else (fast, pace)
    return slow


def ends(jobs: Jobs, pace: int, crews: Crews, seed: int) -> Whole:
    """Give when each open outage ends, in seconds from now: runs x open outages."""
    waiting = Jobs(*(column[jobs.open] for column in jobs))  # type: ignore[arg-type]
    count = len(waiting.age)
    runs = max(FEWEST_RUNS, min(RUNS, DRAWS // max(count, 1)))
    middle, half = _law(waiting)
    luck = draws(seed, runs, 2 * count + 1)
    mine = np.where(luck[:, :count] < TOGETHER, luck[:, -1:], luck[:, count:-1])
    passed = probabilities((logarithms_of(waiting.age) - middle - pace) * 1000 // half)
    far = quantiles(passed + ((WHOLE - passed) * mine >> 16))
    found = seconds_of(middle + pace + half * far // 1000) - waiting.age
    found = np.maximum(np.where(waiting.fixed >= 0, waiting.fixed, found), SOONEST)
    return _with_crews(found, crews)


def _law(jobs: Jobs) -> tuple[Whole, Whole]:
    """The middle and half of each range, in logarithms."""
    low, high = logarithms_of(jobs.low), logarithms_of(jobs.high)
    return (low + high) // 2, np.maximum((high - low) // 2, 1)


def _with_crews(found: Whole, crews: Crews) -> Whole:
    """So many crews end no more outages at once: the n-th of them waits until a crew has done those before it."""
    if not crews.at_work:
        return found
    order = np.argsort(found, axis=1, kind="stable")
    soonest = np.arange(found.shape[1]) // crews.at_work * crews.work
    later = np.empty_like(found)
    np.put_along_axis(later, order, np.maximum(np.take_along_axis(found, order, axis=1), soonest), axis=1)
    return later


def enough_by(found: Whole, customers: Whole, needed: int) -> tuple[int, int, int] | None:
    """By when so many of the customers have power, in seconds from now, at each of the levels; None: they have it."""
    if needed <= 0:
        return None
    order = np.argsort(found, axis=1, kind="stable")
    back = np.cumsum(customers[order], axis=1)
    place = np.minimum((back < needed).sum(axis=1), found.shape[1] - 1)
    when = np.sort(np.take_along_axis(found, order, axis=1)[np.arange(len(found)), place])
    low, middle, high = (int(when[(len(when) * level - 1) // 100]) for level in LEVELS)
    return low, middle, high
