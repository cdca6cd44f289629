"""The law: what an outage says of where a meter is joined, as logarithms of likelihood ratios.

An outage at device d, told by the others, is a trial for each meter. Let a be the share of meters below d that tell of
their return. If the meter is below d it tells with probability a, else hardly ever. So a meter that is modelled below d
and says nothing speaks for all places that are not below d, by (1 - e) : (1 - a), and one that does tell against them,
by e : a. A meter modelled elsewhere, alone out at the same time, speaks for the places below d by m a : r; where it is
not, a little against them, by 1 - m a : 1 - r. That a meter never tells anything is one hypothesis more: it explains
silence below d as well, and a meter that was ever heard does not have it.

Whole numbers, hundredths of a nat: sums do not depend on their order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.suspects.policy import SuspectPolicy

UNITS: Final = 100
"""In a nat."""
FALSELY_HEARD: Final = 0.01
"""e: a return is told of a meter that had power, say by a wave of another outage."""
ALONE: Final = 0.2
"""m: of those who would have told, so many become an outage of their own where nothing around them is out."""
BY_CHANCE: Final = 0.001
"""r: a single service fails and comes back with an outage near it without having to do with it."""
USUAL: Final = 5.0
"""What is usual counts as so many meters of the outage, ..."""
GROUP: Final = 5.0
"""... and the outage as so many of the group."""
LEAST: Final = 0.01
"""And 1 - LEAST at most are said to be heard."""
MOST: Final = 30_000


def shares_heard(heard: NDArray[np.bool_], group: NDArray[np.int64], usual: float) -> NDArray[np.float64]:
    """By meter of an outage how probable it is that one is heard: as the others were, eked out by what is usual.

    Those of its group (its collector) count most: a collector that is down silences all of its meters.
    """
    _, place = np.unique(group, return_inverse=True)
    of_group = np.bincount(place, heard)[place] - heard
    members = np.bincount(place)[place] - 1.0
    everywhere = (heard.sum() - heard + USUAL * usual) / (len(heard) - 1 + USUAL)
    share: NDArray[np.float64] = np.clip((of_group + GROUP * everywhere) / (members + GROUP), LEAST, 1 - LEAST)
    return share


def not_below(heard: NDArray[np.bool_], share: NDArray[np.float64]) -> NDArray[np.int64]:
    """What meters modelled below an outage say for each place that is not below it."""
    return _units(np.where(heard, FALSELY_HEARD / share, (1 - FALSELY_HEARD) / (1 - share)))


def never_tells(heard: NDArray[np.bool_], share: NDArray[np.float64]) -> NDArray[np.int64]:
    """What they say for meters that tell of nothing."""
    return _units(np.where(heard, FALSELY_HEARD / share, 1 / (1 - share)))


HEARD_AT_ALL: Final = round(UNITS * np.log(FALSELY_HEARD))
"""What a meter that was out alone says for that it never tells anything."""


def below(alone: NDArray[np.bool_], share: float) -> NDArray[np.int64]:
    """What meters modelled elsewhere say for each place below an outage; `alone` were out with it by themselves."""
    told = ALONE * min(max(share, LEAST), 1 - LEAST)
    return _units(np.where(alone, told / BY_CHANCE, (1 - told) / (1 - BY_CHANCE)))


def posterior(
    scores: NDArray[np.int16], mute: NDArray[np.int16], there: NDArray[np.bool_], policy: SuspectPolicy
) -> NDArray[np.float64]:
    """By meter how probable each other place is, [n, K]; `there` says which places there are."""
    several = np.maximum(there.sum(axis=1, keepdims=True), 1)
    other = np.where(there, np.log(policy.wrong_joins / several) + scores / UNITS, -np.inf)
    silent = np.log(policy.silent_meters) + mute / UNITS
    own = np.full(len(scores), np.log1p(-policy.wrong_joins - policy.silent_meters))
    every = np.column_stack([own, silent, other])
    every = np.exp(every - every.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = every[:, 2:] / every.sum(axis=1, keepdims=True)
    return shares


def _units(ratio: NDArray[np.float64]) -> NDArray[np.int64]:
    units: NDArray[np.int64] = np.rint(UNITS * np.log(ratio)).astype(np.int64)
    return units
