"""Who has power again, said once: on a point's own word, or because all around it has spoken and silence is expected.

Nothing is said before a closing has held, and of a silent point not before what stays dark could have been told apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.network.network import DEVICE_KINDS
from models.outages.evidence.merge import LONGEST_SHOT, RUN_GAP
from models.outages.inference.forest import spoke_again
from models.outages.inference.ownership import let_go, publish_return, waiting
from models.outages.rules.learning import learn_from_return
from models.outages.rules.life_cycle import (
    cancel,
    confirmed_by,
    end,
    end_transferred,
    publish,
    settle_devices,
    withdraw,
)
from models.outages.rules.start_time import correct_starts, sharpen_start
from models.outages.rules.told_interruptions import is_told_of
from models.outages.state.deciding import note
from models.outages.weights.scores import milliseconds, units_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition

CONFIRMED: Final = "confirmed"
INFERRED: Final = "inferred"
RECLOSING: Final = (DEVICE_KINDS.index("breaker"), DEVICE_KINDS.index("recloser"))
ANEW: Final = 30_000
"""So long (ms) after several lost power anew it shows who did."""
LONGEST: Final = 150_000
"""Those who are back are told after so long (ms), whatever else happens."""


def review_return(partition: Partition, outage: Outage, now: int) -> None:
    """Publish the return of points of an outage whose device has closed again, and end it when all are back."""
    if outage.closed_at is not None and now < (holds_at := _holds_at(partition, outage)):
        partition.set_timer(holds_at, outage.area)  # with a picture: who is silent by then may be dark still
        return
    spoke, silent, alone, able = _pending(partition, outage)
    if outage.closed_at is None and not len(spoke) + len(silent) + len(alone):
        outage.closing_seen_at = 0
        return
    if outage.closing_seen_at == 0:
        outage.closing_seen_at = now
    holds_at = max(_holds_at(partition, outage), _settles_at(partition, outage, np.concatenate((spoke, silent, alone))))
    if now < holds_at:
        partition.set_timer(holds_at, ~outage.area)
        return
    judged_at = _judged_at(partition, outage, holds_at, able)
    alone_at = (
        max(judged_at, outage.closing_seen_at + milliseconds(partition.parameters.silence_alone_seconds)) if able else 0
    )
    if now < outage.next_restoration_at:
        partition.set_timer(outage.next_restoration_at, ~outage.area)
    elif now >= judged_at and not partition.deaf:
        silent = np.append(silent, alone) if now >= alone_at else silent
        if now < alone_at:
            partition.set_timer(alone_at, outage.area)
        _return_all(partition, outage, spoke, silent, now)
    elif not outage.suspected and len(spoke) and outage.posterior >= units_of(partition.parameters.restored_confidence):
        outage.next_restoration_at = now + milliseconds(partition.parameters.restoration_interval_seconds)
        publish_points(partition, outage, spoke, CONFIRMED)
    if now < judged_at:
        partition.set_timer(judged_at, outage.area)
    conclude(partition, outage, now)


def _pending(
    partition: Partition, outage: Outage
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], int]:
    tolerance = partition.scores.clock_tolerance
    return waiting(partition.forest, partition.points, outage.span, outage.slot, tolerance)


def _holds_at(partition: Partition, outage: Outage) -> int:
    """From when on its closing is none of a reclosing sequence."""
    reclosing = outage.device >= 0 and int(partition.network.device_kind[outage.device]) in RECLOSING
    if outage.closed_at is None:
        return outage.closing_seen_at + partition.scores.scada_hold
    if reclosing and outage.closed_at - outage.wave_at > LONGEST_SHOT and not _can_speak(partition, outage):
        return outage.closed_at + partition.scores.reclaim  # no shot: whether it holds nobody else will tell
    return outage.closed_at + (RUN_GAP if reclosing else partition.scores.scada_hold)


def _can_speak(partition: Partition, outage: Outage) -> bool:
    """Whether anybody below has a meter."""
    return bool((partition.forest.delivery_row[slice(*outage.span)] >= 0).any())


def _settles_at(partition: Partition, outage: Outage, pending: NDArray[np.int32]) -> int:
    """From when on it is no question whether those who lost power anew are all of them: until then nobody is told."""
    if not len(pending):
        return 0
    since = int(partition.points.back_at[pending].min()) + partition.scores.clock_tolerance
    anew, _, latest = spoke_again(partition.forest, partition.points, outage.span, since)
    return min(latest + ANEW, outage.closing_seen_at + LONGEST) if anew > 1 else 0


def _judged_at(partition: Partition, outage: Outage, holds_at: int, able: int) -> int:
    """From when on silence counts: all that could speak have had the time.

    What is known from its end alone nobody waits for: neighbours may be about to tell the same.
    """
    told = outage.suspected and is_told_of(partition, outage)
    if able == 0 and not told:
        return holds_at
    parameters = partition.parameters
    wait = milliseconds(parameters.silence_alone_seconds if told else parameters.silence_seconds)
    return max(holds_at, outage.closing_seen_at + wait, partition.deaf_until + wait)


def _return_all(
    partition: Partition, outage: Outage, spoke: NDArray[np.int32], silent: NDArray[np.int32], now: int
) -> None:
    if outage.suspected:
        if not was_there(partition, outage):
            drop(partition, outage)
            return
        publish(partition, outage, now)
    if len(spoke):
        publish_points(partition, outage, spoke, CONFIRMED)
    if len(silent):
        publish_points(partition, outage, silent, INFERRED)


def was_there(partition: Partition, outage: Outage) -> bool:
    """Whether a dip that nobody was told of is worth telling; what lasted would have been told while it did."""
    longest = milliseconds(partition.parameters.sustained_seconds)
    sure = outage.posterior >= units_of(partition.parameters.restored_confidence)
    if is_told_of(partition, outage):
        return sure
    brief = (
        outage.closed_at is None or outage.closed_at - outage.started_at <= longest or confirmed_by(partition, outage)
    )
    return brief and outage.reports > 1 and sure


def drop(partition: Partition, outage: Outage) -> None:
    """A dip that few noticed: what was said in it is accounted for, but for what more may still tell of."""
    if is_told_of(partition, outage):
        withdraw(partition, outage)
        return
    closed_at = outage.closed_at or outage.started_at
    settle_devices(partition, outage)
    let_go(partition.points, outage.span, outage.slot, closed_at, partition.scores.clock_tolerance)
    withdraw(partition, outage)


def publish_points(partition: Partition, outage: Outage, points: NDArray[np.int32], basis: str) -> None:
    """Publish the return of points that are pending, on a basis."""
    counts = publish_return(partition.forest, partition.points, points, partition.scores.coherence)
    sharpen_start(partition, outage)
    correct_starts(partition, outage, points)
    back = np.sort(partition.points.back_at[points])
    at = max(int(back[(len(back) - 1) // 2]), outage.started_at)
    outage.give_back(counts)
    outage.restored_at = at if outage.restored_at is None else max(at, outage.restored_at)
    outage.progress("partially_restored")
    note(partition, "restored" if basis == CONFIRMED else "restored-inferred", outage)
    outage.note(basis, at, outage.device, points.tolist())
    partition.dirty[outage.outage_id] = outage


def conclude(partition: Partition, outage: Outage, now: int) -> None:
    """An outage without customers is over: restored, repaired, or it never was."""
    if outage.suspected or outage.final or outage.customers_out > 0:
        return
    if outage.restored[0] > 0:
        learn_from_return(partition, outage)
        end(partition, outage, now)
    elif outage.transferred[0] > 0 and (heir := _heir(partition, outage)) is not None:
        if outage.closed_at is not None and heir.wave_at > outage.closed_at:
            outage.restored_at = outage.closed_at  # they had power until the next one
            end(partition, outage, now)
        else:
            end_transferred(partition, outage, "repaired", heir, now)
    else:
        cancel(partition, outage, now)


def _heir(partition: Partition, outage: Outage) -> Outage | None:
    """Who has its customers now."""
    first, last = outage.span
    owners = partition.points.owner[first:last]
    slots = [int(slot) for slot in owners if slot >= 0 and int(slot) != outage.slot]
    heirs = [heir for slot in dict.fromkeys(slots) if (heir := partition.by_slot[slot]) is not None]
    return max(heirs, key=lambda heir: (slots.count(heir.slot), heir.order), default=None)
