"""The meters of a day: by which network they speak, which are mute, which hang elsewhere than the tables say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simulator.chance import chance
from simulator.days.clocks import Clocks, draw_clocks
from simulator.days.waiting import hold_offs
from simulator.telemetry.fleet import CARRIER, CELLULAR, MESH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.days.table import Day

_CELLULAR_SHARE: Final = (0.1, 0.5)
_JOIN_REACH: Final = 60
"""A wrong join is with a neighbour: so many usage points away at most, in the order of the network."""


@dataclass(frozen=True, slots=True)
class Meters:
    """The meters of P usage points."""

    metered: NDArray[np.bool_]
    speaking: NDArray[np.bool_]
    """It has a meter, which is not mute."""
    source: NDArray[np.uint8]
    """Index in `SOURCES`."""
    collector: NDArray[np.int32]
    hold_off: NDArray[np.float64]
    """Seconds."""
    clocks: Clocks
    meter_of: NDArray[np.int32]
    """The usage point at which the tables have the meter that hangs here."""

    @property
    def cellular(self) -> NDArray[np.bool_]:
        """Whose meter speaks by the mobile network."""
        return np.equal(self.source, CELLULAR)

    @property
    def carrier(self) -> NDArray[np.bool_]:
        """Whose meter speaks over the power line."""
        return np.equal(self.source, CARRIER)


def draw_meters(network: Network, seed: int, laws: dict[str, str], day: Day) -> Meters:
    """Draw the meters of a network."""
    lots = chance(seed, "meters of the day")
    points = len(network.point_device)
    cellular = lots.random(points) < lots.uniform(*_CELLULAR_SHARE)
    # A concentrator sits at a transformer: all meters of a device speak by it, or none.
    carrier = (lots.random(len(network.parent)) < day.plc_meters)[network.point_device]
    metered = np.diff(network.meter_ids.offsets) > 0
    return Meters(
        metered=metered,
        speaking=metered & ~(lots.random(points) < day.mute_meters),
        source=np.where(carrier, CARRIER, np.where(cellular, CELLULAR, MESH)).astype(np.uint8),
        collector=network.collector,
        hold_off=hold_offs(lots, laws["hold_off"], network.collector, cellular & ~carrier),
        clocks=draw_clocks(seed, laws["clocks"], day, network.collector),
        meter_of=_joins(network, metered, seed, day.wrong_joins),
    )


def _joins(network: Network, metered: NDArray[np.bool_], seed: int, share: float) -> NDArray[np.int32]:
    """Exchange meters with neighbours that hang on other devices, until so many of all are in the wrong place."""
    lots = chance(seed, "wrong joins")
    meter_of = np.arange(len(metered), dtype=np.int32)
    left = round(share * int(metered.sum()) / 2)
    for one in lots.permutation(np.flatnonzero(metered)).tolist() if left else ():
        other = one + int(lots.integers(1, _JOIN_REACH + 1))
        if other < len(metered) and metered[other] and meter_of[one] == one and meter_of[other] == other:
            elsewhere = network.point_device[one] != network.point_device[other]
            zone = network.device_zone[network.point_device[[one, other]]]
            if elsewhere and zone[0] == zone[1]:
                meter_of[one], meter_of[other] = other, one
                left -= 1
        if left == 0:
            break
    return meter_of
