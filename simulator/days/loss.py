"""What of the messages arrives: rates by collector and hour, and collectors that fall silent with their line.

Loss clusters by collector (Landis+Gyr: one message of a parent carries those of its children) and changes from hour to
hour. The mean over collectors and hours is the preset's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import expit, logit

from simulator.chance import chance
from simulator.course import NEVER

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from simulator.supply import Interruptions

    Floats = NDArray[np.float64]

HOUR_MS: Final = 3_600_000
_UP, _DOWN, _MILD_DOWN = 0.95, 0.1, 0.6
"""Delivery of a collector that is there, that is away, and that is poor on a mild day."""
_STAYS: Final = 0.5
"""A collector keeps its state for an hour with this probability more than by lot."""
_BOOT_SECONDS: Final = (60, 180)
_PLACE: Final = 1 << 44
"""More than any time in milliseconds: collector and time make one number that can be searched."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Rates of delivery, and when which collector was silent."""

    start_at: int
    gasps: Floats
    """By source (mesh, cellular), collector and hour from `start_at`."""
    returns: Floats
    """Of each try of a restoration message, by collector."""
    silent_from: NDArray[np.int64]
    """Collector * `_PLACE` + time, ascending."""
    silent_to: NDArray[np.int64]

    def gasp_rate(
        self, cellular: NDArray[np.bool_], collector: NDArray[np.int32], at: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return with which probability each message sent at its time arrives."""
        hour = np.clip((at - self.start_at) // HOUR_MS, 0, self.gasps.shape[2] - 1)
        rates: Floats = self.gasps[cellular.astype(np.intp), collector, hour]
        return rates

    def is_silent(self, collector: NDArray[np.int32], at: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether each collector was silent at its time."""
        if not len(self.silent_from):
            return np.zeros(len(collector), bool)
        moment = collector * np.int64(_PLACE) + np.minimum(at, _PLACE - 1)
        row = np.searchsorted(self.silent_from, moment, "right") - 1
        silent: NDArray[np.bool_] = (row >= 0) & (moment < self.silent_to[np.maximum(row, 0)])
        return silent


def gasp_rates(lots: Generator, family: str, mean: float, shape: tuple[int, int, int], *, mild: bool) -> Floats:
    """Draw rates by source, collector and hour around a mean."""
    if mean in (0.0, 1.0):
        return np.full(shape, mean)
    if family == "beta":
        own = _beta(lots, mean, 40.0 if mild else 6.0, shape[:2])[..., None]
        return _beta(lots, np.clip(own, 0.02, 0.98), 40.0 if mild else 4.0, shape)
    if family == "on_off":
        down = _MILD_DOWN if mild else _DOWN
        return np.where(_chain(lots, float(np.clip((mean - down) / (_UP - down), 0, 1)), shape), _UP, down)
    return _walk(lots, mean, 0.4 if mild else 1.3, shape)


def return_rates(lots: Generator, mean: float, collectors: int, *, mild: bool) -> Floats:
    """Draw by collector which share of the tries of a restoration message is heard."""
    if mean in (0.0, 1.0):
        return np.full(collectors, mean)
    return _beta(lots, mean, 60.0 if mild else 12.0, (collectors,))


def _beta(lots: Generator, mean: float | Floats, concentration: float, shape: tuple[int, ...]) -> Floats:
    return lots.beta(np.broadcast_to(mean, shape) * concentration, (1 - np.broadcast_to(mean, shape)) * concentration)


def _chain(lots: Generator, share: float, shape: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Let each collector be there or away from hour to hour, with a share of hours in which it is there."""
    states = np.zeros(shape, bool)
    drawn, keeps = lots.random(shape) < share, lots.random(shape) < _STAYS
    states[..., 0] = drawn[..., 0]
    for hour in range(1, shape[2]):
        states[..., hour] = np.where(keeps[..., hour], states[..., hour - 1], drawn[..., hour])
    return states


def _walk(lots: Generator, mean: float, spread: float, shape: tuple[int, int, int]) -> Floats:
    """Let each collector's log-odds wander around its own, moved so that the mean is right."""
    drift = lots.standard_normal(shape)
    for hour in range(1, shape[2]):
        drift[..., hour] = _STAYS * drift[..., hour - 1] + np.sqrt(1 - _STAYS**2) * drift[..., hour]
    odds = spread * (0.5 * lots.standard_normal(shape[:2])[..., None] + drift)
    low, high = logit(mean) - 8, logit(mean) + 8
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if expit(odds + middle).mean() < mean else (low, middle)
    rates: Floats = expit(odds + low)
    return rates


def silences(
    seed: int, share: float, collector: NDArray[np.int32], interruptions: Interruptions
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return from when to when collectors without a battery are silent: while their own place has no power, and boot.

    Each stands at one of its usage points.
    """
    lots = chance(seed, "collectors without battery")
    first_point = _any_member(lots, collector)
    weak = first_point[lots.random(len(first_point)) < share]
    rows = np.flatnonzero(np.isin(interruptions.point, weak))
    place = collector[interruptions.point[rows]] * np.int64(_PLACE)
    boot = np.rint(1000 * lots.uniform(*_BOOT_SECONDS, len(rows))).astype(np.int64)
    back_at = interruptions.back_at[rows]
    ends_at = np.where(back_at < NEVER, np.minimum(back_at, _PLACE // 2) + boot, _PLACE - 1)
    order = np.argsort(place + interruptions.out_at[rows], kind="stable")
    return (place + interruptions.out_at[rows])[order], np.maximum.accumulate((place + ends_at)[order])


def _any_member(lots: Generator, collector: NDArray[np.int32]) -> NDArray[np.int64]:
    """Draw one usage point of each collector."""
    mixed = lots.permutation(len(collector))
    _, first = np.unique(collector[mixed], return_index=True)
    members: NDArray[np.int64] = mixed[first]
    return members
