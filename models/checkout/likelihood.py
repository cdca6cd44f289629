"""How likely what a point told is if it speaks of a device, against if it has nothing to do with it.

Most points are right. So the points themselves show how the meters answer a point of their own device, and one of
another: both rates are counted over all points but the one that is judged, above a little that is believed beforehand.
What is seen once weighs no more than `ONCE`: a storm brings coincidences that no rate foresees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.checkout.meters import Verdict
from models.checkout.testimony import CLOSED, LASTING_MS, NEAR_MS, OPEN
from models.network.network import DEVICE_KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from models.checkout.meters import Episode, MetersBelow
    from models.checkout.testimony import Told
    from models.network.network import Network

    Floats = NDArray[np.float64]

ONCE: Final = float(np.log(100))
TRIPPING: Final = [DEVICE_KINDS.index(kind) for kind in ("breaker", "recloser", "sectionalizer", "fuse", "transformer")]
"""They open under load; of a switch that is hardly to be expected."""
OWN_BELIEVED: Final = np.array([[0.55, 0.2, 0.05, 0.02, 0.18], [0.55, 0.2, 0.1, 0.02, 0.13]])
"""Of openings and closings that a device told itself: what its meters say, by `Verdict`."""
FOREIGN_BELIEVED: Final = np.array([[0.002, 0.01, 0.04, 0.02, 0.928], [0.01, 0.05, 0.1, 0.15, 0.69]])
BELIEF: Final = 10.0
"""So many observations is what is believed beforehand worth."""
MISSED_BELIEVED: Final = np.array([0.1, 0.5])
"""Of interruptions that look like a device's: not told by it, where it alone can have opened, and where others may."""
LIVED_BELIEVED: Final = 0.05
"""Of stays told as open: meters below had power, as they lost it in it."""
LONG_MS: Final = 3_600_000
KNOWN: Final = 5
"""Verdicts below `Verdict.UNKNOWN`."""


class Moves(NamedTuple):
    """Changes that points told, one after the other."""

    point: NDArray[np.int64]
    """Place of the point."""
    position: NDArray[np.int64]
    at: NDArray[np.int64]
    until: NDArray[np.int64]
    """When the next change was told."""
    first: NDArray[np.bool_]
    """Whether nothing was told before, so that it is no change if it is the position that is usual."""


class Likelihoods(NamedTuple):
    """Logarithms of likelihood ratios."""

    speaks_of: Floats
    """By point and device: against a point that has nothing to do with the device."""
    inverted: Floats
    """By point, of its own device: turned round, against as it stands."""
    moves: NDArray[np.int64]
    """By point: changes that it told."""


def moves_of(devices: Sequence[int], told: Mapping[int, Told]) -> Moves:
    """Give the changes of all points."""
    rows = [
        (place, stay.position, stay.begin, stay.end, number == 0)
        for place, device in enumerate(devices)
        if device in told
        for number, stay in enumerate(told[device].stays)
    ]
    point, position, at, until, first = np.array(rows, np.int64).reshape(-1, 5).T
    return Moves(point, position, at, until, first.astype(bool))


class Weighing:
    """What points told, held against the meters below each device."""

    def __init__(self, network: Network, devices: Sequence[int], meters: MetersBelow, told: Mapping[int, Told]) -> None:
        """`devices` are those of the points, in the order of their places."""
        self._devices, self._meters, self._moves = devices, meters, moves_of(devices, told)
        self._group = (~np.isin(network.device_kind[list(devices)], TRIPPING)).astype(int)
        self._shared = np.array([not _is_alone(network, device) for device in devices], int)
        some = len(devices)
        self._counts = np.zeros((some, some, 2, KNOWN))
        """By device, point, position and verdict."""
        self._missed = np.zeros((some, some))
        """By device and point."""
        self._episodes = np.array([len(meters.episodes(device)) for device in devices])
        self._upright = np.full(len(self._moves.at), Verdict.UNKNOWN, np.int64)
        """Of each move, by the meters below its own device; and the same if it were turned round."""
        self._turned = self._upright.copy()
        self._lived = np.zeros(len(self._moves.at), bool)
        for place, device in enumerate(devices):
            self._hold(place, device)

    def _hold(self, place: int, device: int) -> None:
        moves, meters = self._moves, self._meters
        opens = moves.position == OPEN
        opening, closing = meters.openings(device, moves.at), meters.closings(device, moves.at)
        upright = np.where(opens, opening, closing).astype(np.int64)
        upright[moves.first & ~opens] = Verdict.UNKNOWN
        turned = np.where(opens, closing, opening).astype(np.int64)
        turned[moves.first & opens] = Verdict.UNKNOWN
        mine = moves.point == place
        self._upright[mine], self._turned[mine] = upright[mine], turned[mine]
        self._lived[mine] = meters.lived(device, moves.at[mine], moves.until[mine]).some
        self._counts[place] = _counted(moves, upright, len(self._devices))
        for episode in meters.episodes(device):
            self._missed[place] += ~_told_by(len(self._devices), moves, episode)

    def weigh(self, right: Floats) -> Likelihoods:
        """Weigh each point against each device; `right` is how probably each point is right."""
        some = len(self._devices)
        own, missed, foreign = self._own_rates(right), self._missed_rates(right), self._counts.sum(axis=1)
        speaks_of, inverted = np.zeros((some, some)), np.zeros(some)
        for place in range(some):
            counts = self._counts[place]
            others = foreign[place] - counts - counts[place]
            others[place] = foreign[place] - counts[place]
            rates = np.clip(np.log(own[place]) - np.log(_believed(others, FOREIGN_BELIEVED)), -ONCE, ONCE)
            misses = self._missed[place] * np.maximum(np.log(missed[place]), -ONCE)
            speaks_of[:, place] = (counts * rates).sum(axis=(1, 2)) + misses
            inverted[place] = self._turn(place, rates[place])
        inverted += self._lives(right)
        moved = ~(self._moves.first & (self._moves.position == CLOSED))
        return Likelihoods(speaks_of, inverted, np.bincount(self._moves.point[moved], minlength=some))

    def _turn(self, place: int, rates: Floats) -> float:
        """Weigh the changes of a point turned round against as they stand."""
        mine = self._moves.point == place
        position = self._moves.position[mine]
        padded = np.column_stack([rates, np.zeros(2)])  # of what is unknown
        turned = padded[CLOSED - position, self._turned[mine]]
        return float(np.clip(turned - padded[position, self._upright[mine]], -ONCE, ONCE).sum())

    def _lives(self, right: Floats) -> Floats:
        """Weigh, by point, that meters lived through what it told as open, and through what it told as closed."""
        moves, some = self._moves, len(self._devices)
        opens = moves.position == OPEN
        lived, of = (np.bincount(moves.point[keep], minlength=some) * right for keep in (opens & self._lived, opens))
        rates = (lived.sum() - lived + BELIEF * LIVED_BELIEVED) / (of.sum() - of + BELIEF)
        weight = np.where(opens, 1, -1) * self._lived
        found: Floats = np.bincount(moves.point, weight, minlength=some) * np.minimum(-np.log(rates), ONCE)
        return found

    def _own_rates(self, right: Floats) -> Floats:
        """Give how the meters of each device answer it, by those of its group but itself."""
        places = np.arange(len(self._devices))
        own = self._counts[places, places] * right[:, None, None]
        group = np.stack([own[self._group == each].sum(axis=0) for each in (0, 1)])
        return _believed(group[self._group] - own, OWN_BELIEVED)

    def _missed_rates(self, right: Floats) -> Floats:
        """Give how often a device that opened by its meters did not tell, by others that are alike."""
        own = np.stack([np.diag(self._missed), self._episodes]) * right
        alike = np.stack([own[:, self._shared == each].sum(axis=1) for each in (0, 1)])
        missed, of = (alike[self._shared] - own.T).T
        rates: Floats = (missed + BELIEF * MISSED_BELIEVED[self._shared]) / (of + BELIEF)
        return rates


def _counted(moves: Moves, verdicts: NDArray[np.int64], some: int) -> Floats:
    """Count verdicts by point and position."""
    keep = verdicts < Verdict.UNKNOWN
    cell = (moves.point[keep] * 2 + moves.position[keep]) * KNOWN + verdicts[keep]
    return np.bincount(cell, minlength=some * 2 * KNOWN).reshape(some, 2, KNOWN).astype(float)


def _believed(counts: Floats, believed: Floats) -> Floats:
    rates: Floats = (counts + BELIEF * believed) / (counts.sum(axis=-1, keepdims=True) + BELIEF)
    return rates


def _told_by(some: int, moves: Moves, episode: Episode) -> NDArray[np.bool_]:
    """Say which points told something of an interruption: at its begin or end, or that it was open in between."""
    end = min(episode.end, episode.begin + LONG_MS)
    near = (np.abs(moves.at - episode.begin) <= NEAR_MS) | (np.abs(moves.at - episode.end) <= NEAR_MS)
    within = (moves.at < end - LASTING_MS / 2) & (moves.until > episode.begin + LASTING_MS / 2)
    found = np.zeros(some, bool)
    found[moves.point[near | (within & (moves.position == OPEN))]] = True
    return found


def _is_alone(network: Network, device: int) -> bool:
    """Whether no other device that trips by itself has the same usage points below, so that the meters name it."""
    top = int(network.class_of[device])
    alike = np.flatnonzero(network.class_of[top : network.device_end[top]] == top) + top
    return not np.any(np.isin(network.device_kind[alike[alike != device]], TRIPPING))
