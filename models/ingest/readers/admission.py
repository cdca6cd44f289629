"""Which times are believed, and the log time that follows from them.

The rules run row by row in the order of the log, and the log time so far is all that one batch hands to the next: how
lines are cut into batches cannot matter.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from models.columns.compiled import compiled
from models.decoding.validation import Reason

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_AHEAD_MS: Final = 5 * 60_000
"""`observed_at` may be that far after `received_at`: clocks err."""
MOST_LATE_MS: Final = 7 * 86_400_000
"""`observed_at` may be that far before `received_at`."""
MOST_LEAP_MS: Final = 31 * 86_400_000
"""`received_at` may be that far beyond every accepted line before it."""


class Verdict(IntEnum):
    """What becomes of a row."""

    ACCEPTED = 0
    ILL_FORMED = 1
    UNKNOWN = 2
    OBSERVED_AHEAD = 3
    OBSERVED_LATE = 4
    RECEIVED_AHEAD = 5


# Compiled code wants plain numbers.
_ACCEPTED, _ILL_FORMED = int(Verdict.ACCEPTED), int(Verdict.ILL_FORMED)
_AHEAD, _LATE, _LEAP = int(Verdict.OBSERVED_AHEAD), int(Verdict.OBSERVED_LATE), int(Verdict.RECEIVED_AHEAD)


def admit(
    verdict: NDArray[np.uint8], observed_at: NDArray[np.int64], received_at: NDArray[np.int64], last_log_time: int
) -> NDArray[np.int64]:
    """Judge the times of n rows and return the log time after each; `verdict` is written in place.

    Rows may come in as ill-formed, which stands, or as unknown, which stands if their times are believed. Only accepted
    rows move the log time, which is 0 before the first.
    """
    return _admit(verdict, observed_at, received_at, last_log_time)


def admit_logged(
    verdict: NDArray[np.uint8],
    observed_at: NDArray[np.int64],
    received_at: NDArray[np.int64],
    log_time: NDArray[np.int64],
) -> None:
    """Judge the times of n rows whose log times are given, by the same rules; `verdict` is written in place.

    A log time within 31 days of 1970 is none: so a played file says that nothing was accepted yet.
    """
    apart, ill = observed_at - received_at, verdict == Verdict.ILL_FORMED
    ahead, late = apart > MOST_AHEAD_MS, apart < -MOST_LATE_MS
    leap = (log_time > MOST_LEAP_MS) & (received_at > log_time + MOST_LEAP_MS)
    verdict[leap & ~ill] = Verdict.RECEIVED_AHEAD
    verdict[late & ~ill] = Verdict.OBSERVED_LATE
    verdict[ahead & ~ill] = Verdict.OBSERVED_AHEAD


def refuse_times(verdict: int, observed_at: int, received_at: int, log_time: int) -> Reason:
    """Say why a row's times are not believed; `log_time` is that before the row."""
    apart = abs(observed_at - received_at) / 1000
    if verdict == Verdict.OBSERVED_AHEAD:
        return Reason(
            "future-time",
            f"observed_at is {apart:.0f} s after received_at, at most {MOST_AHEAD_MS // 1000} s are believed: "
            "set the sender's clock",
        )
    if verdict == Verdict.OBSERVED_LATE:
        return Reason(
            "late",
            f"observed_at is {apart / 86_400:.1f} days before received_at: "
            f"send within {MOST_LATE_MS // 86_400_000} days",
        )
    days = (received_at - log_time) / 86_400_000
    return Reason(
        "future-time",
        f"received_at is {days:.1f} days beyond every line before it, at most "
        f"{MOST_LEAP_MS // 86_400_000} are believed: set the receiver's clock",
    )


@compiled
def _admit(
    verdict: NDArray[np.uint8], observed_at: NDArray[np.int64], received_at: NDArray[np.int64], last_log_time: int
) -> NDArray[np.int64]:
    log_time = np.empty(len(verdict), np.int64)
    last = last_log_time
    for row in range(len(verdict)):
        received, ahead = received_at[row], observed_at[row] - received_at[row]
        if verdict[row] != _ILL_FORMED:
            if ahead > MOST_AHEAD_MS:
                verdict[row] = _AHEAD
            elif ahead < -MOST_LATE_MS:
                verdict[row] = _LATE
            elif last > 0 and received > last + MOST_LEAP_MS:
                verdict[row] = _LEAP
            elif verdict[row] == _ACCEPTED:
                last = max(last, received)
        log_time[row] = last
    return log_time
