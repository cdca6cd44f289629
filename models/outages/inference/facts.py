"""What SCADA and crews say of a device against each thing that it may have done: never in favour, only against.

A device that has kept to what was reported weighs nothing; each contradiction costs. So a device of which nobody has
spoken and one that did as reported are equal, and priors decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.columns.compiled import compiled
from models.outages.inference.knowledge import CLOSED, GOOD, NEVER, OPEN, Devices

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from models.outages.weights.scores import Scores


@compiled
def trust(devices: Devices, scores: Scores, d: int) -> int:
    """What its position is worth."""
    return scores.scada_good if devices.quality[d] == GOOD else scores.scada_uncertain


@compiled
def has_run(devices: Devices, d: int) -> bool:
    """Whether SCADA knows of an opening that is not settled."""
    return bool(devices.open_first[d] != NEVER and devices.open_first[d] > devices.settled_at[d])


@compiled
def against_closed(devices: Devices, scores: Scores, d: int) -> int:
    """What speaks against "it has been closed all the time"."""
    against = 0
    if has_run(devices, d):
        against += trust(devices, scores, d)
    if devices.crew_open_at[d] != NEVER:
        against += scores.crew_fact
    return min(against, scores.scada_good + scores.crew_fact)


@compiled
def against_open(
    devices: Devices, scores: Scores, telemetered: NDArray[np.bool_], d: int, opened: int, until: int, now: int
) -> int:
    """What speaks against "it opened at `opened`, and after the last shot at `until` has stayed open"."""
    near, against = scores.clock_tolerance, 0
    if devices.position[d] == OPEN:
        if has_run(devices, d) and abs(opened - devices.open_first[d]) > near:
            against += scores.mismatch
    elif devices.position[d] == CLOSED:
        at = devices.position_at[d]
        if until > at + near:
            against += scores.unseen
        elif now < at + scores.reclaim:
            against += scores.scada_trial
        else:
            against += trust(devices, scores, d)
            if has_run(devices, d) and abs(opened - devices.open_first[d]) > near:
                against += scores.mismatch
    elif telemetered[d]:
        against += scores.unseen
    if devices.crew_open_at[d] != NEVER and opened > devices.crew_open_at[d]:
        against += scores.crew_fact
    if devices.crew_done_at[d] != NEVER and opened <= devices.crew_done_at[d]:
        against += scores.crew_fact
    return against


@compiled
def against_back(
    devices: Devices, scores: Scores, telemetered: NDArray[np.bool_], d: int, opened: int, closed: int
) -> int:
    """What speaks against "it opened at `opened` and closed again at `closed`"."""
    near, against = scores.clock_tolerance, 0
    run = has_run(devices, d)
    if devices.position[d] == OPEN:
        against += trust(devices, scores, d)
    elif devices.position[d] == CLOSED:
        at = devices.position_at[d]
        if abs(closed - at) > near:
            against += scores.mismatch if run or closed < at else scores.unseen
        if run and abs(opened - devices.open_first[d]) > near:
            against += scores.mismatch
    elif telemetered[d]:
        against += scores.unseen
    if devices.crew_open_at[d] != NEVER and closed <= devices.crew_open_at[d]:
        against += scores.crew_fact
    return against
