"""Which faults changed anything for anybody: a transformer that fails when all its services are down does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.scoring.reading.interruptions import Interrupted

Spans = list[tuple[int, int]]


class _Faults(Protocol):
    """What is read here of all faults; `simulator.scoring.reading.truth.Faults` has more."""

    @property
    def device(self) -> NDArray[np.int32]: ...
    @property
    def point(self) -> NDArray[np.int32]: ...
    @property
    def opened_at(self) -> NDArray[np.int64]: ...
    @property
    def closed_at(self) -> NDArray[np.int64]: ...
    @property
    def momentary(self) -> NDArray[np.bool_]: ...
    @property
    def events(self) -> NDArray[np.bool_]: ...
    def __len__(self) -> int: ...


def had_effect(network: Network, faults: _Faults, interrupted: Interrupted) -> NDArray[np.bool_]:
    """Return which faults interrupted somebody or were for a while all that kept somebody out.

    Where the truth does not say which fault interrupted whom, all did.
    """
    effect = np.zeros(len(faults), np.bool_)
    effect[interrupted.fault[interrupted.fault >= 0]] = True
    if (interrupted.fault < 0).any():
        return np.ones(len(faults), np.bool_)
    for fault in np.flatnonzero(~effect & faults.events & ~faults.momentary).tolist():
        effect[fault] = _kept_out(network, faults, interrupted, fault)
    return effect


def _kept_out(network: Network, faults: _Faults, interrupted: Interrupted, fault: int) -> bool:
    """Return whether some point was out at a moment of the fault at which no other fault stood open above it."""
    start, end = _below(network, faults, fault)
    opened_at, closed_at = int(faults.opened_at[fault]), int(faults.closed_at[fault])
    first, last = np.searchsorted(interrupted.point, np.array([start, end], interrupted.point.dtype))
    for row in range(int(first), int(last)):
        since = max(opened_at, int(interrupted.out_at[row]))
        until = min(closed_at, int(interrupted.back_at[row]))
        others = _others(network, faults, fault, int(interrupted.point[row]))
        if since < until and not _covered(since, until, others):
            return True
    return False


def _below(network: Network, faults: _Faults, fault: int) -> tuple[int, int]:
    device, point = int(faults.device[fault]), int(faults.point[fault])
    return (point, point + 1) if device < 0 else (int(network.point_start[device]), int(network.point_end[device]))


def _others(network: Network, faults: _Faults, fault: int, point: int) -> Spans:
    """Return from when to when the other faults at a point or above it stood open, in order."""
    start, end = network.point_start[faults.device], network.point_end[faults.device]
    above = np.where(faults.device < 0, faults.point == point, (start <= point) & (point < end))
    above[fault] = False
    return sorted(zip(faults.opened_at[above].tolist(), faults.closed_at[above].tolist(), strict=True))


def _covered(since: int, until: int, spans: Spans) -> bool:
    """Return whether spans in order leave no moment of a time out."""
    for opened_at, closed_at in spans:
        if opened_at > since:
            break
        since = max(since, closed_at)
    return since >= until
