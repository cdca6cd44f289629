"""What is allowed in a network and still looks wrong: warnings, where a fault would refuse it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.network.network import DEVICE_KINDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.columns.packed_text import PackedText
    from models.network.network import Network

TIE: Final = DEVICE_KINDS.index("tie")
FEEDING: Final = [
    DEVICE_KINDS.index(kind) for kind in ("source", "bus", "substation_transformer", "breaker", "recloser")
]
"""What may stand at the head of a tree."""
FAR: Final = 5.0
"""Degrees from the middle of the utility at which a place is looked at twice."""
NEAR: Final = 2.0
SHOWN: Final = 3


def without_source(network: Network) -> NDArray[np.int64]:
    """Give the positions of usage points below a root that feeds nobody: an island."""
    root = np.arange(len(network.parent)).astype(np.int32)
    for device in np.flatnonzero(network.parent < 0).tolist():
        root[device : network.device_end[device]] = device
    return np.flatnonzero(~np.isin(network.device_kind[root[network.point_device]], FEEDING))


def find_warnings(network: Network) -> list[str]:
    """Give a sentence for each kind of thing that looks wrong, with how many there are and the first few."""
    devices, points = network.device_ids, network.point_ids
    above = np.maximum(network.parent, 0)
    below_above = np.where(network.parent < 0, 0, network.device_phases & ~network.device_phases[above])
    below_device = network.point_phases & ~network.device_phases[network.point_device]
    root = (network.parent < 0) & ~np.isin(network.device_kind, FEEDING)
    places = (
        ("devices", devices, network.device_longitude, network.device_latitude),
        ("usage points", points, network.point_longitude, network.point_latitude),
    )
    found = [
        _tell(
            "devices",
            devices,
            root,
            "have no parent and are no source, bus, transformer of a substation, breaker or "
            "recloser: an island that nothing feeds; give parent_id",
        ),
        _tell(
            "usage points",
            points,
            _below_ties(network),
            "stand below a tie, which is open as a rule; give the device that feeds them",
        ),
        _tell("devices", devices, below_above != 0, "have a phase that their parent lacks; correct phases"),
        _tell("usage points", points, below_device != 0, "have a phase that their device lacks; correct phases"),
    ]
    for what, names, longitude, latitude in places:
        nowhere = (longitude == 0) & (latitude == 0)
        found.append(_tell(what, names, nowhere, "stand at 0/0, in the Gulf of Guinea; give longitude and latitude"))
        swapped = _swapped(longitude, latitude, ~nowhere)
        found.append(_tell(what, names, swapped, "seem to have longitude and latitude swapped; look at both columns"))
    return [warning for warning in found if warning]


def _below_ties(network: Network) -> NDArray[np.bool_]:
    """Mark the usage points that are fed through a tie."""
    steps = np.zeros(len(network.point_ids) + 1, np.int64)
    ties = np.flatnonzero(network.device_kind == TIE)
    np.add.at(steps, network.point_start[ties], 1)
    np.add.at(steps, network.point_end[ties], -1)
    return np.asarray(np.cumsum(steps)[:-1] > 0)


def _swapped(longitude: NDArray[Any], latitude: NDArray[Any], known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark places far from the middle that would be near it with their coordinates exchanged."""
    if not known.any():
        return known
    east, north = np.median(longitude[known]), np.median(latitude[known])
    off = np.maximum(abs(longitude - east), abs(latitude - north))
    exchanged = np.maximum(abs(latitude - east), abs(longitude - north))
    return np.asarray(known & (off > FAR) & (exchanged < NEAR))


def _tell(what: str, names: PackedText, marked: NDArray[np.bool_], sentence: str) -> str:
    rows = np.flatnonzero(marked)
    if not len(rows):
        return ""
    some = ", ".join(repr(name) for name in names.take(rows[:SHOWN]))
    more = ", ..." if len(rows) > SHOWN else ""
    return f"{len(rows):,} {what} ({some}{more}) {sentence}"
