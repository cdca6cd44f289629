"""When an outage began: by SCADA's clock where its device has one, else by the median of what the meters say.

Meters' clocks err by seconds, so the median of many is better than the first of them (IEEE 1366 counts minutes). Points
that are back may say when they lost power, which tells more than a call long after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.outages.context.last_revision import read_last_revision, write_last_revision
from models.outages.evidence.beginnings import beginning_of, last_words
from models.outages.evidence.merge import LONGEST_INTERRUPTION
from models.outages.inference.facts import has_run
from models.outages.inference.knowledge import NEVER
from models.outages.inference.reports import CREW
from models.outages.rules.life_cycle import UNTIMED
from models.outages.state.partition import span_of_key
from models.outages.state.record_writer import class_members, format_time
from models.outages.weights.scores import milliseconds
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.context.last_revision import LastRevision
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition

UNHEARD: Final = 4 * 3_600_000
"""An outage that only calls or crews tell of may have begun so long (ms) before."""


def sharpen_start(partition: Partition, outage: Outage) -> None:
    """Set the start from the reports that are here; one that was found at a closing keeps that as its start."""
    detected_at, tolerance = outage.detected_at, partition.scores.clock_tolerance
    latest = partition.now if detected_at is None else detected_at
    said = beginning_of(
        partition.points,
        outage.span,
        outage.slot,
        outage.wave_at,
        partition.scores.coherence,
        UNHEARD if outage.source in UNTIMED else partition.scores.coherence,
        (outage.wave_at - UNHEARD, latest + tolerance),
    )
    if said.earliest != NEVER:
        outage.out_since = said.earliest if outage.out_since is None else min(said.earliest, outage.out_since)
    told = said.tellers > said.voices
    if outage.start_is_given or (outage.nested and not told):
        return
    timed_at = _by_scada(partition, outage)
    if timed_at is None and told:
        timed_at = said.told
    if timed_at is None and outage.source == CREW:
        timed_at = (
            _by_switching(partition, outage) or _by_last_words(partition, outage) or _left_dark(partition, outage)
        )
    opened_at = said.at if timed_at is None else timed_at
    if opened_at != NEVER:
        outage.started_at = opened_at if opened_at <= latest else min(outage.started_at, latest)
        if outage.sustained_at is not None and outage.sustained_at < outage.started_at:
            outage.sustained_at = outage.started_at + milliseconds(partition.parameters.sustained_seconds)


def _by_switching(partition: Partition, outage: Outage) -> int | None:
    """When the line was cut, or the supply lost for which the device stands."""
    ways, numbers = partition.ways, partition.network.device_number
    if outage.device < 0 or not (ways.elements or ways.told):
        return None
    times = [ways.opened_at(int(numbers[member])) for member in class_members(partition.network, outage.device)]
    near = [at for at in times if at is not None and abs(at - outage.wave_at) <= partition.scores.clock_tolerance]
    return min(near, default=None)


def correct_starts(partition: Partition, outage: Outage, back: NDArray[np.int32]) -> None:
    """Put right when outages began that were repaired under others, by what their customers tell who are back now."""
    names = partition.untimed.get(outage.zone, [])
    over = partition.now + milliseconds(partition.parameters.forget_seconds) - LONGEST_INTERRUPTION
    for name in list(names):
        ended = partition.ended.get(name)
        if ended is None or ended.due < over:
            names.remove(name)
            continue
        first, last = span_of_key(partition, ended.key)
        told = partition.points.told_start[back[(first <= back) & (back < last)]]
        if (told != NEVER).any() and _put_right(partition, name, told):
            names.remove(name)


def _put_right(partition: Partition, name: str, told: NDArray[np.int64]) -> bool:
    """Give an outage that is over the start (ms) that its customers tell of, if that is one that it may have had."""
    ended = partition.ended[name]
    last = read_last_revision(ended.last_revision)
    started, known = (parse_time(last.facts[field]) for field in ("started_at", "detected_at"))
    times = np.sort(told[(started - UNHEARD < told) & (told <= known)])
    if not len(times):
        return False
    at = int(times[(len(times) - 1) // 2])
    if abs(at - started) > partition.scores.coherence:
        start_at(partition, last, at)
        partition.ended[name] = ended._replace(last_revision=write_last_revision(last))
        partition.corrected.setdefault(name, ended.last_revision)
    return True


def start_at(partition: Partition, last: LastRevision, at: int) -> None:
    """Put the start (ms) of an outage that is over right."""
    facts = last.facts
    facts["started_at"], facts["out_since"] = format_time(at), format_time(min(at, parse_time(facts["out_since"])))
    if facts["sustained_at"] is not None:
        facts["sustained_at"] = format_time(at + milliseconds(partition.parameters.sustained_seconds))


def _by_last_words(partition: Partition, outage: Outage) -> int | None:
    """When most of those lost power by their own account who have said so, though something else explained it then."""
    until = outage.wave_at + partition.scores.clock_tolerance
    at = last_words(partition.points, outage.span, outage.slot, outage.wave_at - UNHEARD, until)
    return None if at == NEVER else at


def _left_dark(partition: Partition, outage: Outage) -> int | None:
    """When what only a crew has found began: its feed came back, and hardly anybody below has said so since."""
    points, below = partition.points, slice(*outage.span)
    mine = points.owner[below] == outage.slot
    back = np.maximum(points.back_at[below][mine], points.consumed_at[below][mine] - partition.scores.clock_tolerance)
    known = (back > outage.wave_at - UNHEARD) & (back <= outage.wave_at)
    if not known.any():
        return None
    since = int(np.sort(back[known])[(int(known.sum()) - 1) // 2])
    heard = int((points.on_last[below][mine] > since).sum())
    return since if 2 * heard < int(mine.sum()) else None


def _by_scada(partition: Partition, outage: Outage) -> int | None:
    if outage.device < 0:
        return None
    devices, tolerance = partition.devices, partition.scores.clock_tolerance
    for member in class_members(partition.network, outage.device):
        at = int(devices.open_first[member])
        if has_run(devices, member) and abs(at - outage.wave_at) <= tolerance:
            return at
    return None
