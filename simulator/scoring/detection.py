"""How long the engine took: from the first evidence to the first word, and from the opening to "sustained"."""

from __future__ import annotations

from math import ceil, inf
from typing import TYPE_CHECKING, Final

import numpy as np

from models.evidence.kinds import EVIDENCE_KINDS, METER_KINDS, OUT_KINDS, SAYS_ON
from simulator.course import NEVER
from simulator.scoring.pairing.matching import UNMATCHED
from simulator.scoring.reading.evidence import SCADA_OPEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.scoring.reading.evidence import Column, Evidence
    from simulator.scoring.reading.output import Outages
    from simulator.scoring.reading.truth import Faults

EARLIER_MS: Final = 10_000
"""Clocks err, so evidence counts from so long before the opening."""
RETURN_MS: Final = 60_000
"""A meter that says "on" so near to a fault's end says that it has ended."""
SAYS_OUT: Final = np.array([*(kind in OUT_KINDS for kind in EVIDENCE_KINDS), False])
SAYS_BACK: Final = np.array([*SAYS_ON, False])
METER_SAYS_OUT: Final = np.array([*(kind in METER_KINDS and kind in OUT_KINDS for kind in EVIDENCE_KINDS), False])
"""By kind; the last entry answers for -1."""


def first_evidence_at(network: Network, evidence: Evidence, device: int, opened_at: int) -> int:
    """Return when the first report came in from a device or below since the opening; `NEVER` if none did.

    What a meter says to have observed later than it was received is of before: its clock is wrong.
    """
    slices = (
        (evidence.points, int(network.point_start[device]), int(network.point_end[device])),
        (evidence.devices, device, int(network.device_end[device])),
    )
    first = NEVER
    for column, start, end in slices:
        rows = column.below(start, end)
        since = np.minimum(column.observed_at[rows], column.received_at[rows]) >= opened_at - EARLIER_MS
        first = min(first, int(column.received_at[rows][since].min(initial=NEVER)))
    return first


def detection_delays(
    network: Network, faults: Faults, outages: Outages, matched: NDArray[np.int64], evidence: Evidence
) -> dict[int, float]:
    """Return seconds by fault that counts: infinite where it was not detected, left out where nobody reported it."""
    delays = {}
    for fault in np.flatnonzero(faults.counted).tolist():
        if matched[fault] == UNMATCHED:
            delays[fault] = inf
            continue
        top = int(network.class_of[faults.device[fault]])
        first = first_evidence_at(network, evidence, top, int(faults.opened_at[fault]))
        if first < NEVER:
            delays[fault] = (int(outages.detected_at[matched[fault]]) - first) / 1000
    return delays


def first_spoken_at(network: Network, evidence: Evidence, faults: Faults, fault: int) -> int:
    """Return when the first meter below a fault said "out" or SCADA said that it is open; `NEVER` if none did.

    It counts what was observed while the fault lasted.
    """
    points, devices, device = evidence.points, evidence.devices, int(faults.device[fault])
    if device < 0:
        below, members = points.below(int(faults.point[fault]), int(faults.point[fault]) + 1), slice(0, 0)
    else:
        device = int(network.class_of[device])
        below = points.below(int(network.point_start[device]), int(network.point_end[device]))
        members = devices.below(device, int(network.device_end[device]))
    same_class = network.class_of[devices.subject[members]] == device

    def first(column: Column, rows: slice, speaks: NDArray[np.bool_]) -> int:
        received_at = column.received_at[rows]
        meant = speaks & _during(faults, fault, column, rows) & (received_at >= faults.opened_at[fault] - EARLIER_MS)
        return int(received_at[meant].min(initial=NEVER))

    return min(
        first(points, below, METER_SAYS_OUT[points.kind[below]]),
        first(devices, members, same_class & (devices.kind[members] == SCADA_OPEN)),
    )


def spoken_delays(
    network: Network, faults: Faults, outages: Outages, matched: NDArray[np.int64], evidence: Evidence
) -> dict[int, float]:
    """Return seconds by fault that counts and that a meter or SCADA spoke of, from their first report on.

    It is infinite where the fault was not detected.
    """
    counted = np.flatnonzero(faults.counted).tolist()
    spoken = {fault: first_spoken_at(network, evidence, faults, fault) for fault in counted}
    return {
        fault: inf if matched[fault] == UNMATCHED else (int(outages.detected_at[matched[fault]]) - first) / 1000
        for fault, first in spoken.items()
        if first < NEVER
    }


def unreported(network: Network, evidence: Evidence, faults: Faults) -> list[int]:
    """Return the faults that count of which nobody spoke at all, so that at best silence tells of them.

    No meter or caller below said "out" while it lasted or "on" when it ended, SCADA never had it open, and no crew
    named it.
    """
    return [
        fault for fault in np.flatnonzero(faults.counted).tolist() if not _anybody(network, evidence, faults, fault)
    ]


def _anybody(network: Network, evidence: Evidence, faults: Faults, fault: int) -> bool:
    device = int(network.class_of[faults.device[fault]])
    points, devices, crews = evidence.points, evidence.devices, evidence.crews
    below = points.below(int(network.point_start[device]), int(network.point_end[device]))
    returns = SAYS_BACK[points.kind[below]] & (np.abs(points.observed_at[below] - faults.closed_at[fault]) <= RETURN_MS)
    speaks = (SAYS_OUT[points.kind[below]] & _during(faults, fault, points, below)) | returns
    if speaks.any():
        return True
    for column in (devices, crews):
        members = column.below(device, int(network.device_end[device]))
        same_class = network.class_of[column.subject[members]] == device
        says = column.kind[members] == (SCADA_OPEN if column is devices else -1)
        if (same_class & says & _during(faults, fault, column, members)).any():
            return True
    return False


def _during(faults: Faults, fault: int, column: Column, rows: slice) -> NDArray[np.bool_]:
    """Return which reports were observed while a fault lasted."""
    at, earliest = column.observed_at[rows], faults.opened_at[fault] - EARLIER_MS
    during: NDArray[np.bool_] = (at >= earliest) & (at <= faults.closed_at[fault] + EARLIER_MS)
    return during


def sustained_delays(faults: Faults, outages: Outages, matched: NDArray[np.int64]) -> dict[int, float]:
    """Return seconds from the opening to `sustained_at` by fault that counts; infinite where that never came."""
    delays = {}
    for fault in np.flatnonzero(faults.counted).tolist():
        sustained_at = NEVER if matched[fault] == UNMATCHED else int(outages.sustained_at[matched[fault]])
        delays[fault] = (sustained_at - int(faults.opened_at[fault])) / 1000 if sustained_at < NEVER else inf
    return delays


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the smallest value that at least `share` of all do not exceed; None if it is infinite or there is none."""
    if not values:
        return None
    value = sorted(values)[max(1, ceil(share * len(values))) - 1]
    return value if value < inf else None
