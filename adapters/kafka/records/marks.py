"""Marks: records that carry no event but say how far the writer of a raw partition has come.

They stand where a played file has nothing to say for a while, so that a quiet topic does not hold the clock, and at its
end. A mark has no key, an empty value and the header `faultline-mark`: `end`, or the log time, in decimal milliseconds,
before which everything has been written. Marks are obeyed in played topics only, which keep the writer's times: where
the broker stamps the records they would stop the clock, and a sender has no business with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.decoding.validation import Reason
from models.evidence.batch import END_OF_LOG
from models.ingest.readers.admission import FAR_LEAP_MS
from models.times.iso8601 import LATEST, YEAR_2000

if TYPE_CHECKING:
    from collections.abc import Sequence

MARK: Final = "faultline-mark"
END: Final = b"end"
NOT_PLAYED: Final = Reason(
    "malformed",
    f"is a mark ({MARK}) in a topic that is not for playing: play files into topics of their own, "
    "made with faultline topics create --played",
)
BROKEN: Final = Reason(
    "malformed",
    f'is a broken mark: {MARK} is "end" or epoch milliseconds from 2000 to {FAR_LEAP_MS // 86_400_000} days beyond '
    "the log; feed the files anew with faultline feed",
)

Headers = list[tuple[str, str | bytes | None]]


def mark_headers(before: int) -> Headers:
    """Headers of the mark that all before a log time, in milliseconds, has been written; `END_OF_LOG` for the end."""
    return [(MARK, END if before >= END_OF_LOG else str(before).encode())]


def mark_header(headers: Sequence[tuple[str, bytes | None]] | None) -> bytes | None:
    """Give what the header of a mark says; None for what is no mark."""
    return next((value or b"" for name, value in headers or () if name == MARK), None)


def mark_time(header: bytes, log_time: int) -> int | None:
    """Read a mark that stands at a log time: what it marks, `END_OF_LOG` for the end; None for a broken one."""
    if header == END:
        return END_OF_LOG
    if not header.isdigit() or len(header) > len(str(LATEST)):
        return None
    before = int(header)
    latest = min(log_time + FAR_LEAP_MS, LATEST) if log_time else LATEST
    return before if YEAR_2000 <= before <= latest else None
