"""Marks: records that carry no event but say how far the writer of a raw partition has come.

They stand where a played file has nothing to say for a while, so that a quiet topic does not hold the clock, and at its
end. A mark has no key, an empty value and the header `faultline-mark`: `end`, or the log time, in decimal milliseconds,
before which everything has been written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.evidence.batch import END_OF_LOG

if TYPE_CHECKING:
    from collections.abc import Sequence

MARK: Final = "faultline-mark"
END: Final = b"end"

Headers = list[tuple[str, str | bytes | None]]


def mark_headers(before: int) -> Headers:
    """Headers of the mark that all before a log time, in milliseconds, has been written; `END_OF_LOG` for the end."""
    return [(MARK, END if before >= END_OF_LOG else str(before).encode())]


def read_mark(headers: Sequence[tuple[str, bytes | None]] | None) -> int | None:
    """Give the log time that a record marks, `END_OF_LOG` for the end; None for what is no mark, or a broken one."""
    value = next((value for name, value in headers or () if name == MARK), None)
    if value == END:
        return END_OF_LOG
    return int(value) if value is not None and value.isdigit() else None
