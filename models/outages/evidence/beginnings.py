"""When an outage's usage points lost power, by what they said of it and by what they tell when they are back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.columns.compiled import compiled
from models.outages.inference.knowledge import NEVER, RETURNED
from models.outages.inference.moments import rising

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.inference.knowledge import Points


class Beginning(NamedTuple):
    """What the points of an outage say, times in milliseconds, NEVER where there is none."""

    earliest: int
    """When the first of them lost power, by what explains it."""
    at: int
    """When it began by the median of those that fit its moment; of two in the middle the earlier."""
    voices: int
    """How many these are."""
    told: int
    """When it began by most of those who are back and tell when they lost power; ..."""
    tellers: int
    """... and how many these are."""


@compiled
def beginning_of(
    points: Points, span: tuple[int, int], slot: int, wave_at: int, coherence: int, near: int, within: tuple[int, int]
) -> Beginning:
    """Ask an outage's points when it began.

    To its moment fit reports in the coherence window around it, and what those tell who are back `near` it. What is
    told counts `within` two moments.
    """
    times, told = np.empty(2 * (span[1] - span[0]), np.int64), np.empty(span[1] - span[0], np.int64)
    voices, back, earliest = 0, 0, NEVER
    owner, mask, out_first, told_start = points.owner, points.mask, points.out_first, points.told_start
    phase, since, returned_at, back_at = points.phase, points.interrupted_at, points.returned_at, points.back_at
    for p in range(span[0], span[1]):
        if owner[p] != slot:
            continue
        earliest = since[p] if earliest == NEVER else min(earliest, since[p])
        if mask[p] != 0 and abs(out_first[p] - wave_at) <= coherence:
            times[voices] = out_first[p]
            voices += 1
        if phase[p] == RETURNED and told_start[p] != NEVER and returned_at[p] >= back_at[p] - coherence:
            if abs(told_start[p] - wave_at) <= near:
                times[voices] = told_start[p]
                voices += 1
            if within[0] < told_start[p] <= within[1]:
                told[back] = told_start[p]
                back += 1
    at = rising(times[:voices])[(voices - 1) // 2] if voices > 0 else NEVER
    return Beginning(earliest, at, voices, *_densest(rising(told[:back]), coherence))


@compiled
def _densest(times: NDArray[np.int64], width: int) -> tuple[int, int]:
    """The median of the most times, which are rising, that lie within a width, and how many these are."""
    begin, most, last = 0, 0, 0
    for first in range(len(times)):
        while last < len(times) and times[last] <= times[first] + width:
            last += 1
        if last - first > most:
            begin, most = first, last - first
    return (times[begin + (most - 1) // 2], most) if most > 0 else (NEVER, 0)


@compiled
def last_words(points: Points, span: tuple[int, int], slot: int, since: int, until: int) -> int:
    """When an outage's points lost power by the median of their last words, explained or not, between two moments.

    That is what they tell who are back, and an "out" after which nothing came. NEVER where there is none.
    """
    times, count = np.empty(span[1] - span[0], np.int64), 0
    for p in range(span[0], span[1]):
        if points.owner[p] != slot:
            continue
        at = points.told_start[p] if points.phase[p] == RETURNED else NEVER
        if at == NEVER and points.out_last[p] > points.on_last[p]:
            at = points.out_first[p]
        if since < at <= until:
            times[count] = at
            count += 1
    return rising(times[:count])[(count - 1) // 2] if count > 0 else NEVER
