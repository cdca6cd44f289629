"""Logarithms and powers of two in whole numbers: the same on any processor, which no library promises of floats.

A duration of t seconds is kept as 256 log2 t: steps of 0.27 %.
"""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEPS: Final = 256
"""To an octave."""
_BITS: Final = 16
LONGEST: Final = 30 * STEPS - 1
"""Half of 2^30 seconds are 17 years."""


def _root(step: int) -> int:
    """2^(step / 256 + 16), rounded down: the root is taken eight times, each rounded down, which rounds down once."""
    power = 1 << (step + _BITS * STEPS)
    for _ in range(8):
        power = isqrt(power)
    return power


POWERS: Final = np.array([_root(step) for step in range(STEPS)], np.int64)


def seconds_of(logarithms: NDArray[np.int64]) -> NDArray[np.int64]:
    """2^(x / 256) in whole seconds, n int64; of numbers outside of 0 to `LONGEST` as of the nearest."""
    held = np.clip(logarithms, 0, LONGEST)
    return np.asarray((POWERS[held % STEPS] << (held // STEPS)) >> _BITS, np.int64)


def logarithms_of(seconds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the largest x with 2^(x / 256) <= seconds, n int64; of less than a second as of one."""
    return np.asarray(np.searchsorted(_SECONDS, np.maximum(seconds, 1), side="right") - 1, np.int64)


_SECONDS: Final = (POWERS[np.arange(LONGEST + 1) % STEPS] << (np.arange(LONGEST + 1) // STEPS)) / (1 << _BITS)
"""Exact: whole numbers below 2^53 over a power of two."""
