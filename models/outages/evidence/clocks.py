"""When things happened, where a clock says so that cannot be right: the one room in which clocks are judged.

Of the histories that explain a message's age (`models/outages/weights/clock_laws.py`) the most probable one counts. An
hour is put back exactly; for a clock that says nothing the arrival less the typical delay stands in. Nothing is lost
for its clock, and all that is changed is counted by reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.columns.compiled import compiled, inlined
from models.outages.weights.clock_laws import IMPOSSIBLE, ClockLaws

if TYPE_CHECKING:
    from numpy.typing import NDArray

BELIEVED: Final = 0
HOUR_OFF: Final = 1
"""The clock was an hour off: its time is put right."""
ARRIVAL: Final = 2
"""The clock says nothing: the arrival less the typical delay stands in, with its spread."""
STARTED: Final = 4
"""A bit beside the others: the start that a point told is not possible, and is left out."""
DOUBTS: Final = {"hour_off": HOUR_OFF, "arrival": ARRIVAL, "outage_started_at": STARTED}
HOUR: Final = 3_600_000
MOST_AHEAD: Final = 300_000
"""Milliseconds after the arrival up to which a time is believed where no law is known."""


@inlined
def _at(prompt: NDArray[np.int64], law: int, kind: int, age: int, tolerance: int) -> int:
    """The log density of an age (ms) by a law."""
    second = (age + tolerance) // 1000
    return prompt[law, kind, second] if 0 <= second < prompt.shape[2] else IMPOSSIBLE


@inlined
def _judge(
    prompt: NDArray[np.int64], law: int, kind: int, age: int, bounds: tuple[int, int, int, int, int]
) -> tuple[int, int]:
    """Judge an age (ms) by a law: the doubt, and what is to be added to the clock's time."""
    tolerance, latest, late, hour_off, wrong = bounds
    right = _at(prompt, law, kind, age, tolerance)
    if -tolerance <= age <= latest:
        right = max(right, late)
    doubt, shift, best = BELIEVED, 0, right
    if right < hour_off:  # else it is no better by any law: a density is never above 1
        for hour in (HOUR, -HOUR):
            off = hour_off + _at(prompt, law, kind, age - hour, tolerance)
            if off > best:
                doubt, shift, best = HOUR_OFF, hour, off
    return (ARRIVAL, 0) if wrong > best else (doubt, shift)


@inlined
def _law_of(sources: NDArray[np.int64], source: int) -> int:
    """The row of a source's laws."""
    row = len(sources)
    for known in range(len(sources)):
        if sources[known] == source:
            row = known
    return row


@inlined
def _bounded(laws: ClockLaws, age: int) -> bool:
    """Whether an age (ms) is possible where only the bounds are known."""
    return -MOST_AHEAD <= age <= laws.latest


@compiled
def believe_points(
    laws: ClockLaws,
    kind: NDArray[np.uint8],
    observed_at: NDArray[np.int64],
    outage_started_at: NDArray[np.int64],
    received_at: NDArray[np.int64],
    source: NDArray[np.uint32],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]:
    """Judge n reports about usage points: when they happened, when they say that it began (0 none), and the doubts."""
    count, law = len(kind), len(laws.source)
    # Columns by themselves: one that is looked up in a tuple is counted as referred to, at each row.
    prompt, typical, sources, kinds, latest = laws.prompt, laws.typical, laws.source, laws.kind, laws.latest
    bounds = laws.tolerance, latest, laws.late, laws.hour_off, laws.wrong
    when, began, doubts = np.empty(count, np.int64), np.empty(count, np.int64), np.zeros(count, np.uint8)
    for row in range(count):
        observed, received, started = observed_at[row], received_at[row], outage_started_at[row]
        doubt, shift, of_kind = BELIEVED, 0, kinds[kind[row]]
        if row == 0 or source[row] != source[row - 1]:
            law = _law_of(sources, source[row])
        if of_kind >= 0:
            doubt, shift = _judge(prompt, law, of_kind, received - observed, bounds)
        elif not _bounded(laws, received - observed):
            doubt = ARRIVAL
        when[row] = observed + shift
        if doubt == ARRIVAL:
            when[row] = received - (typical[law, of_kind] if of_kind >= 0 else 0)
        began[row] = started + shift if started != 0 else 0
        if started != 0 and (doubt == ARRIVAL or not 0 <= observed - started <= latest):
            began[row] = 0
            doubt |= STARTED
        doubts[row] = doubt
    return when, began, doubts


def believe_crew(laws: ClockLaws, observed_at: int, received_at: int) -> tuple[int, int]:
    """Judge one crew report: when it happened, and the doubt."""
    possible = -MOST_AHEAD <= received_at - observed_at <= laws.latest
    return (observed_at, BELIEVED) if possible else (received_at, ARRIVAL)


@compiled
def believe_devices(
    laws: ClockLaws, observed_at: NDArray[np.int64], received_at: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Judge n SCADA reports: when they happened, and the doubts."""
    count = len(observed_at)
    when, doubts = observed_at.copy(), np.zeros(count, np.uint8)
    for row in range(count):
        if not _bounded(laws, received_at[row] - observed_at[row]):
            when[row], doubts[row] = received_at[row], ARRIVAL
    return when, doubts
