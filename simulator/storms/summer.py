"""A summer storm: its troubles, and feeders that fail until as many customers are out at once as it is to take out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from simulator.chance import chance
from simulator.protection import BREAKER, RECLOSER, protecting
from simulator.storms.play import play
from simulator.storms.troubles import TRUNK_KINDS, draw_troubles, trunk_trouble
from simulator.supply import interruptions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.random import Generator
    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.course import Course
    from simulator.options import StormOptions
    from simulator.storms.troubles import Trouble

_NEAR: Final = 0.01
"""How far off the peak may be."""
_STILL_ALIVE: Final = 0.5
"""Share of a feeder's customers that must have power for its failure to count."""
_WITHIN_RAMP: Final = (0.1, 0.95)
"""When in the ramp feeders fail."""


def full_storm(network: Network, options: StormOptions) -> Course:
    """Draw and play a summer storm."""
    troubles = draw_troubles(network, options, chance(options.seed, "troubles"))
    if options.peak_customers is not None:
        troubles = _with_peak(network, options, troubles, options.peak_customers)
    return play(network, options, troubles)


def _with_peak(network: Network, options: StormOptions, troubles: list[Trouble], wanted: int) -> list[Trouble]:
    """Add damage on trunks, each of which locks a feeder or part of it out, until so many customers are out."""
    lots = chance(options.seed, "peak")
    out = _out_at_peak(network, options, troubles)
    missing = wanted - int(network.customers[out].sum())
    more: list[Trouble] = []
    for device in _reclosing_devices(network, lots):
        below = slice(int(network.point_start[device]), int(network.point_end[device]))
        customers = network.customers[below]
        gained = int(customers[~out[below]].sum())
        if gained <= missing + _NEAR * wanted and gained > _STILL_ALIVE * customers.sum():
            at = options.start_at + round(60_000 * options.ramp_minutes * lots.uniform(*_WITHIN_RAMP))
            more.append(trunk_trouble(lots, at, _trunk_place(network, lots, device)))
            out[below] = True
            missing -= gained
        if missing <= _NEAR * wanted:
            break
    return troubles + more


def _out_at_peak(network: Network, options: StormOptions, troubles: Sequence[Trouble]) -> NDArray[np.bool_]:
    """Return who is out at the end of the ramp even so."""
    at = options.start_at + round(60_000 * options.ramp_minutes)
    found = interruptions(network, play(network, options, troubles))
    out = np.zeros(len(network.point_device), bool)
    out[found.point[(found.out_at <= at) & (found.back_at > at)]] = True
    return out


def _reclosing_devices(network: Network, lots: Generator) -> Iterator[int]:
    """Yield breakers and then, for what is left, reclosers, each kind in any order."""
    for kind in (BREAKER, RECLOSER):
        yield from lots.permutation(np.flatnonzero(network.device_kind == kind)).tolist()


def _trunk_place(network: Network, lots: Generator, device: int) -> int:
    """Draw where on its trunk the damage lies that a device locks out for."""
    below = np.arange(device, int(network.device_end[device]))
    trunk = below[np.isin(network.device_kind[below], TRUNK_KINDS)].tolist()
    return int(lots.choice([place for place in trunk if protecting(network, place) == device]))
