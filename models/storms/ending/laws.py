"""Whole numbers in place of chance: draws that a seed gives, and how far a duration may lie from its range's middle.

A duration whose 80 % range is known is taken for lognormal: its logarithm lies from the middle of the range by so many
thousandths of half the range. Everywhere a probability is a 65,536th.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Whole = NDArray[np.int64]

WHOLE: Final = 1 << 16
_SHARES: Final = (0, 66, 328, 655, 1638, 3277, 6554, 13107, 19661, 26214, 32768)
_FAR: Final = (-2800, -2411, -2010, -1815, -1529, -1283, -1000, -657, -409, -198, 0)
"""Quantiles of the normal law over that of 10 %, in thousandths; 0.001 % stands for nothing."""
SHARES: Final = np.array([*_SHARES, *(WHOLE - share for share in _SHARES[-2::-1])], np.int64)
FAR: Final = np.array([*_FAR, *(-far for far in _FAR[-2::-1])], np.int64)


def quantiles(shares: Whole) -> Whole:
    """Thousandths of half a range, of probabilities."""
    return _between(shares, SHARES, FAR)


def probabilities(thousandths: Whole) -> Whole:
    """How probable it is to lie below."""
    return _between(np.clip(thousandths, FAR[0], FAR[-1]), FAR, SHARES)


def _between(asked: Whole, known: Whole, given: Whole) -> Whole:
    """On the line between two that are known, rounded down."""
    place = np.clip(np.searchsorted(known, asked, side="right") - 1, 0, len(known) - 2)
    rise = (given[place + 1] - given[place]) * (asked - known[place])
    return np.asarray(given[place] + rise // (known[place + 1] - known[place]), np.int64)


def draws(seed: int, rows: int, columns: int) -> Whole:
    """Give probabilities, rows x columns, each as likely as the other (SplitMix64: Steele, Lea and Flood 2014)."""
    with np.errstate(over="ignore"):
        number = np.arange(1, rows * columns + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed)
        number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (number >> np.uint64(48)).astype(np.int64).reshape(rows, columns)
