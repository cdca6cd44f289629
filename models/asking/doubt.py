"""Doubt on a branch of the network: where power may not have come back, and what an answer would settle.

Power comes to a device if it comes to its parent and the device is closed, and to a usage point if it comes to its
device and the service is whole. Which devices are closed is independent beforehand and, whoever was silent and whoever
said that it is out still, independent afterwards: while power reaches a device, only what is below it speaks of it. So
all is exact, and in one pass up and one down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOP: Final = -1


class Branch(NamedTuple):
    """Devices of a branch, parents first; arrays are parallel."""

    devices: NDArray[np.int32]
    """Positions in the network."""
    parent: NDArray[np.int32]
    """Index of the parent; `TOP` where power is known to come to."""
    speaks: NDArray[np.float64]
    """What its usage points say for power at the device, against none: the product of their likelihood ratios."""
    silent: NDArray[np.int64]
    """How many usage points of it have not said a thing."""
    whole: NDArray[np.float64]
    """How probably the service of one of these is whole, if power comes to the device."""


def bits(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the doubt of yes and no, in bits."""
    p = np.clip(probability, 1e-12, 1 - 1e-12)
    doubt: NDArray[np.float64] = -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
    return doubt


def power(branch: Branch, open_device: float) -> NDArray[np.float64]:
    """Say how probably power comes to each device."""
    below, parent = branch.speaks.copy(), branch.parent.tolist()
    closed = np.empty(len(parent))
    for device in range(len(parent) - 1, -1, -1):
        with_power = (1 - open_device) * below[device]
        closed[device] = with_power / (with_power + open_device)
        if parent[device] != TOP:
            below[parent[device]] *= with_power + open_device
    for device, above in enumerate(parent):
        if above != TOP:
            closed[device] *= closed[above]
    return closed


def doubt(branch: Branch, open_device: float) -> float:
    """Give the doubt of all who are silent, in bits: the sum of each one's."""
    return float((branch.silent * bits(power(branch, open_device) * branch.whole)).sum())


def gains(branch: Branch, open_device: float) -> NDArray[np.float64]:
    """Say how much doubt the answer of one silent usage point of each device is expected to settle, in bits."""
    reached = power(branch, open_device)
    on = reached * branch.whole
    shared = _shared(branch.parent.tolist(), reached)
    both = np.outer(on, on) / shared  # of two points of one device as well: power is shared, services are not
    others = np.where(np.eye(len(on), dtype=np.bool_), branch.silent - 1, branch.silent)
    gain: NDArray[np.float64] = bits(on) + (others * _mutual(on, both)).sum(axis=1)
    return np.where(branch.silent > 0, gain, 0.0)


def _shared(parent: list[int], reached: NDArray[np.float64]) -> NDArray[np.float64]:
    """How probably power comes to where the ways to two devices part."""
    shared = np.ones((len(parent), len(parent)))
    for device, above in enumerate(parent):
        if above != TOP:
            shared[device, :device] = shared[above, :device]
        shared[:device, device] = shared[device, :device]
        shared[device, device] = reached[device]
    return shared


def _mutual(on: NDArray[np.float64], both: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mutual information of each pair: what either tells of the other."""
    rows, columns = on[:, None], on[None, :]
    cells = (
        (both, rows * columns),
        (rows - both, rows * (1 - columns)),
        (columns - both, (1 - rows) * columns),
        (1 - rows - columns + both, (1 - rows) * (1 - columns)),
    )
    told = np.zeros_like(both)
    for joint, apart in cells:
        some = joint > 1e-15
        told += np.where(some, joint * np.log2(np.where(some, joint, 1.0) / np.where(some, apart, 1.0)), 0.0)
    return np.maximum(told, 0.0)
