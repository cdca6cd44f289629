"""Rows of evidence in the order of their instants, within an instant by subject: a radix sort, a pass a few digits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.columns.compiled import compiled
from models.times.units import SECOND

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIGIT_BITS: Final = 11


@compiled
def _bits_of(number: int) -> int:
    bits = 0
    while number >> bits:
        bits += 1
    return bits


@compiled
def _by_digit(keys: NDArray[np.int64], shift: int, order: NDArray[np.int64], sorted_rows: NDArray[np.int64]) -> None:
    """One pass: rows `order` by the digit of their keys at `shift`, equal ones as they stood."""
    digits = 1 << DIGIT_BITS
    place = np.zeros(digits + 1, np.int64)
    for row in range(len(keys)):
        place[((keys[row] >> shift) & (digits - 1)) + 1] += 1
    for digit in range(digits):
        place[digit + 1] += place[digit]
    for i in range(len(order)):
        digit = (keys[order[i]] >> shift) & (digits - 1)
        sorted_rows[place[digit]] = order[i]
        place[digit] += 1


@compiled
def order_rows(log_time: NDArray[np.int64], subject: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row numbers ordered by instant, subject and place in the log, and the instants (ms) in that order."""
    count = len(log_time)
    if count == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    first = log_time.min() // SECOND
    subject_bits = _bits_of(subject.max())
    keys = np.empty(count, np.int64)
    for row in range(count):
        keys[row] = ((log_time[row] // SECOND - first) << subject_bits) | subject[row]
    order, other = np.arange(count), np.empty(count, np.int64)
    shift, bits = 0, _bits_of(keys.max())
    while shift < bits:
        _by_digit(keys, shift, order, other)
        order, other = other, order
        shift += DIGIT_BITS
    for i in range(count):
        other[i] = ((keys[order[i]] >> subject_bits) + first + 1) * SECOND
    return order, other
