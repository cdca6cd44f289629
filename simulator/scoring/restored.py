"""Whether those who were told that power is back had it, and whether those who had it were told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from models.evidence.kinds import OUT_BIT, SAYS_ON
from simulator.course import NEVER
from simulator.scoring.interruptions import Calendar
from simulator.scoring.truth import MOMENTARY_MS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.scoring.evidence import Evidence
    from simulator.scoring.interruptions import Interrupted
    from simulator.scoring.told import Told

IN_TIME_MS: Final = 30 * 60_000
CLOCKS_MS: Final = 10_000
"""Clocks of meters err by seconds: so near to a change a report or message is taken to be about it."""

_SAYS_ON: Final = np.array([*SAYS_ON, False])
_SAYS_OUT: Final = np.array([*(bit > 0 for bit in OUT_BIT), False])


@dataclass(frozen=True, slots=True)
class ToldWhileOut:
    """Rows of `Told` whose usage point was out when it was told, and which of them had what reason."""

    rows: NDArray[np.int64]
    false_on: NDArray[np.bool_]
    """The point had said "on" in the middle of that interruption."""
    own_report: NDArray[np.bool_]
    """The point had said "out" after the time from which it was told to have power."""
    out_again: NDArray[np.bool_]
    """The interruption began after that time."""


def told_while_out(told: Told, interrupted: Interrupted, evidence: Evidence) -> ToldWhileOut:
    """Find everybody who was told "restored" while out."""
    interruption = interrupted.at(told.point, told.told_at)
    rows = np.flatnonzero(interruption >= 0)
    false_on, own_report = np.zeros(len(rows), np.bool_), np.zeros(len(rows), np.bool_)
    column = evidence.points
    for n, row in enumerate(rows.tolist()):
        point, told_at = int(told.point[row]), int(told.told_at[row])
        out_at, back_at = interrupted.out_at[interruption[row]], interrupted.back_at[interruption[row]]
        here = column.below(point, point + 1)
        known = column.log_time[here] < told_at
        kind, observed_at = column.kind[here][known], column.observed_at[here][known]
        within = (observed_at >= out_at + CLOCKS_MS) & (observed_at < back_at - CLOCKS_MS)
        false_on[n] = (within & _SAYS_ON[kind]).any()
        own_report[n] = ((observed_at >= told.restored_at[row]) & _SAYS_OUT[kind]).any()
    out_again = interrupted.out_at[interruption[rows]] > told.restored_at[rows]
    return ToldWhileOut(rows, false_on, own_report, out_again)


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
