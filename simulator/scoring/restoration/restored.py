"""Whether those who were told that power is back had it, and whether those who had it were told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from models.evidence.kinds import OUT_BIT, SAYS_ON
from simulator.course import NEVER
from simulator.scoring.detection import first_spoken_at
from simulator.scoring.reading.interruptions import Calendar
from simulator.scoring.reading.truth import MOMENTARY_MS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.scoring.reading.evidence import Column, Evidence
    from simulator.scoring.reading.interruptions import Interrupted
    from simulator.scoring.reading.truth import Truth
    from simulator.scoring.restoration.messages import Told

IN_TIME_MS: Final = 30 * 60_000
CLOCKS_MS: Final = 10_000
"""Clocks of meters err by seconds: so near to a change a report or message is taken to be about it."""

UNDERSTOOD_MS: Final = 5_000
"""A message may cross with the first report of a new fault, which takes so long to be understood."""

_SAYS_ON: Final = np.array([*SAYS_ON, False])
_SAYS_OUT: Final = np.array([*(bit > 0 for bit in OUT_BIT), False])


@dataclass(frozen=True, slots=True)
class ToldWhileOut:
    """Rows of `Told` whose usage point was out when it was told, and which of them had what reason."""

    rows: NDArray[np.int64]
    false_on: NDArray[np.bool_]
    """The point had said "on" in the middle of that interruption."""
    neighbours_false_on: NDArray[np.bool_]
    """Since it was out, another point at its device had said "on" in the middle of an interruption of its own."""
    own_report: NDArray[np.bool_]
    """The point had said "out" after the time from which it was told to have power."""
    out_again: NDArray[np.bool_]
    """The interruption began after that time."""
    unforeseen: NDArray[np.int64]
    """Other rows: out again by a fault of which nobody had spoken in time, so that it was right to tell them."""

    def by_cause(self) -> dict[str, NDArray[np.bool_]]:
        """Give each row one cause: the first of these that holds."""
        causes = {
            "own_report": self.own_report,
            "false_on": self.false_on,
            "out_again": self.out_again,
            "neighbours_false_on": self.neighbours_false_on,
            "otherwise": np.ones(len(self.rows), np.bool_),
        }
        left = np.ones(len(self.rows), np.bool_)
        parts = {}
        for name, holds in causes.items():
            parts[name] = left & holds
            left = left & ~holds
        return parts


def told_while_out(network: Network, told: Told, truth: Truth, evidence: Evidence) -> ToldWhileOut:
    """Find everybody who was told "restored" while out."""
    interrupted = truth.interrupted
    interruption = interrupted.at(told.point, told.told_at)
    rows = np.flatnonzero(interruption >= 0)
    false_on, neighbours, own_report = (np.zeros(len(rows), np.bool_) for _ in range(3))
    column, says_false_on = evidence.points, _false_on(interrupted, evidence.points)
    for n, row in enumerate(rows.tolist()):
        point, told_at = int(told.point[row]), int(told.told_at[row])
        out_at = int(interrupted.out_at[interruption[row]])
        device = int(network.point_device[point])
        near = column.below(int(network.point_start[device]), int(network.direct_end[device]))
        known = column.log_time[near] < told_at
        own = column.subject[near] == point
        misleads = says_false_on[near] & known & (column.observed_at[near] >= out_at + CLOCKS_MS)
        false_on[n], neighbours[n] = (misleads & own).any(), (misleads & ~own).any()
        since = column.observed_at[near] >= told.restored_at[row]
        own_report[n] = (own & known & since & _SAYS_OUT[column.kind[near]]).any()
    out_again = interrupted.out_at[interruption[rows]] > told.restored_at[rows]
    sudden = out_again & ~own_report
    sudden[sudden] = _nobody_spoke(network, truth, evidence, interruption[rows[sudden]], told.told_at[rows[sudden]])
    left = ~sudden
    return ToldWhileOut(
        rows[left], false_on[left], neighbours[left], own_report[left], out_again[left], unforeseen=rows[sudden]
    )


def _nobody_spoke(
    network: Network, truth: Truth, evidence: Evidence, interruption: NDArray[np.int64], at: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return of which interruptions no meter, and no telemetry of the device, had spoken five seconds before a time."""
    faults, which = np.unique(truth.interrupted.fault[interruption], return_inverse=True)
    first = [first_spoken_at(network, evidence, truth.faults, fault) if fault >= 0 else 0 for fault in faults.tolist()]
    nobody: NDArray[np.bool_] = np.array(first, np.int64)[which] >= at - UNDERSTOOD_MS
    return nobody


def _false_on(interrupted: Interrupted, column: Column) -> NDArray[np.bool_]:
    """Return which reports say "on" in the middle of an interruption of their own point."""
    interruption = interrupted.at(column.subject, column.observed_at)
    inside = interruption >= 0
    if not inside.any():
        return inside
    out_at, back_at = interrupted.out_at[interruption], interrupted.back_at[interruption]
    within = (column.observed_at >= out_at + CLOCKS_MS) & (column.observed_at < back_at - CLOCKS_MS)
    false_on: NDArray[np.bool_] = inside & within & _SAYS_ON[column.kind]
    return false_on


@dataclass(frozen=True, slots=True)
class Back:
    """Interruptions after which power stayed, and which of them were told in time."""

    interruption: NDArray[np.int64]
    in_time: NDArray[np.bool_]


def told_in_time(told: Told, interrupted: Interrupted, ends_at: int) -> Back:
    """Find for each sustained interruption that ended whether its point was told within half an hour.

    Left out are those that ended less than half an hour before the end of the input, or whose point was out again
    within that time: to tell them that they have power may be wrong by then.
    """
    latest = np.minimum(interrupted.back_at, NEVER - IN_TIME_MS) + IN_TIME_MS
    sustained = interrupted.back_at - interrupted.out_at > MOMENTARY_MS
    stayed = np.flatnonzero(sustained & (latest <= ends_at) & (interrupted.next_out_at() > latest))
    order = np.lexsort((told.told_at, told.point))
    point, told_at = told.point[order], told.told_at[order]
    calendar = Calendar(told_at)
    wanted = calendar.keys(interrupted.point[stayed], interrupted.back_at[stayed] - CLOCKS_MS)
    found = np.searchsorted(calendar.keys(point, told_at), wanted)
    there = found < len(order)
    in_time = np.zeros(len(stayed), np.bool_)
    hit = found[there]
    in_time[there] = (point[hit] == interrupted.point[stayed][there]) & (told_at[hit] <= latest[stayed][there])
    return Back(stayed, in_time)


def customers_of(network: Network, points: NDArray[np.int32]) -> int:
    """Return how many customers stand behind usage points, each as often as it is given."""
    return int(network.customers[points].sum(dtype=np.int64))
