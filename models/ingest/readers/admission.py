"""Which arrivals are believed, and the log time that follows from them.

The rules run row by row in the order of the log, and the log time so far is all that one batch hands to the next: how
lines are cut into batches cannot matter. A leap of the log time, and a file's first event, would decide about
all that follows, so the next events are asked: a lone clock that stands wrong is refused, and the others go on.

What senders' clocks say (`observed_at`) is not judged here: the engine does (`models/outages/inference/clocks.py`).
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from models.columns.compiled import compiled
from models.decoding.validation import Reason
from models.times.iso8601 import YEAR_2000, format_time

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_LATE_MS: Final = 7 * 86_400_000
"""`received_at` may be that far before the log time."""
LEAP_MS: Final = 86_400_000
"""`received_at` may be that far beyond the log time by its own word; time zones and quiet nights are within it."""
FAR_LEAP_MS: Final = 31 * 86_400_000
"""Beyond this somebody has to agree: that nobody objects is not enough."""
WITNESSES: Final = 8
"""So many of the next events are asked about a leap."""
LOOK_AHEAD: Final = 100
"""They are looked for among so many of the next lines."""


class Verdict(IntEnum):
    """What becomes of a row."""

    ACCEPTED = 0
    ILL_FORMED = 1
    UNKNOWN = 2
    RECEIVED_LATE = 3
    RECEIVED_ALONE = 4


class Times(Protocol):
    """Rows with what is judged of them, n each, and the places of their lines."""

    verdict: NDArray[np.uint8]
    received_at: NDArray[np.int64]
    place: NDArray[np.int64]


# Compiled code wants plain numbers.
_ACCEPTED, _ILL_FORMED = int(Verdict.ACCEPTED), int(Verdict.ILL_FORMED)
_LATE, _ALONE = int(Verdict.RECEIVED_LATE), int(Verdict.RECEIVED_ALONE)


def admit(rows: Times, lines: int, last_log_time: int, *, ended: bool) -> tuple[NDArray[np.int64], int]:
    """Judge the times of n rows of so many lines; `rows.verdict` is written in place.

    Returns the log time after each row, and the place of the first line that cannot be judged before more lines are
    known, the number of lines if there is none: with `ended` no more will come. Rows may come in as ill-formed, which
    stands, or as unknown, which stands if their times are believed. Only accepted rows move the log time, which is 0
    before the first.
    """
    log_time, row = _admit(rows.verdict, rows.received_at, rows.place, lines, last_log_time, ended)
    return log_time, lines if row < 0 else int(rows.place[row])


def admit_logged(rows: Times, log_time: NDArray[np.int64]) -> None:
    """Judge the times of n rows whose log times are given, by the same rules; `rows.verdict` is written in place.

    A log time before 2000 is none: nothing is believed of a record that has no time of its own, and where a file is
    played it says that the file's rules believed nothing yet.
    """
    ill = rows.verdict == Verdict.ILL_FORMED
    late = (log_time >= YEAR_2000) & (rows.received_at < log_time - MOST_LATE_MS)
    alone = (log_time < YEAR_2000) & (rows.verdict == Verdict.ACCEPTED)
    alone |= (log_time >= YEAR_2000) & (rows.received_at > log_time + LEAP_MS)
    rows.verdict[alone & ~ill] = Verdict.RECEIVED_ALONE
    rows.verdict[late & ~ill] = Verdict.RECEIVED_LATE


def refuse_times(verdict: int, received_at: int, log_time: int) -> Reason:
    """Say why a row's arrival is not believed; `log_time` is that before the row."""
    if verdict == Verdict.RECEIVED_LATE:
        return Reason(
            "late",
            f"received_at is {(log_time - received_at) / 86_400_000:.1f} days before the log: "
            f"pass messages on within {MOST_LATE_MS // 86_400_000} days",
        )
    if log_time < YEAR_2000:
        return Reason(
            "future-time",
            f"received_at is {format_time(received_at)}, and nothing says that it was so: neither lines around it nor "
            "a time of the record itself. Set the receiver's clock, or write records with their times",
        )
    days = (received_at - log_time) / 86_400_000
    return Reason(
        "future-time",
        f"received_at is {days:.1f} days beyond the log, over {LEAP_MS // 86_400_000} day, and what follows does not "
        "agree: set the receiver's clock",
    )


@compiled
def _ask(
    verdict: NDArray[np.uint8], received_at: NDArray[np.int64], place: NDArray[np.int64], row: int
) -> tuple[int, int]:
    """How many of the events after a row have been asked, and how many of them let its time be true."""
    asked, agree = 0, 0
    received, until = received_at[row], place[row] + LOOK_AHEAD
    other = row + 1
    while other < len(verdict) and asked < WITNESSES and place[other] <= until:
        if verdict[other] != _ILL_FORMED:
            asked += 1
            agree += received - LEAP_MS <= received_at[other] <= received + FAR_LEAP_MS
        other += 1
    return asked, agree


@compiled
def _admit(
    verdict: NDArray[np.uint8],
    received_at: NDArray[np.int64],
    place: NDArray[np.int64],
    lines: int,
    last_log_time: int,
    ended: bool,  # noqa: FBT001 (compiled code)
) -> tuple[NDArray[np.int64], int]:
    """Log times, and the first row that cannot be judged yet; -1 if there is none."""
    log_time = np.empty(len(verdict), np.int64)
    last = last_log_time
    for row in range(len(verdict)):
        log_time[row] = last
        received = received_at[row]
        if verdict[row] == _ILL_FORMED:
            continue
        if last > 0 and received < last - MOST_LATE_MS:
            verdict[row] = _LATE
            continue
        if last == 0 or received > last + LEAP_MS:
            far = last > 0 and received > last + FAR_LEAP_MS
            asked, agree = _ask(verdict, received_at, place, row)
            if asked < WITNESSES and lines <= place[row] + LOOK_AHEAD and not ended:
                log_time[row:] = last
                return log_time, row
            if 2 * agree < asked or (far and 2 * agree <= asked):
                verdict[row] = _ALONE
                continue
        if verdict[row] == _ACCEPTED:
            last = max(last, received)
            log_time[row] = last
    return log_time, -1
