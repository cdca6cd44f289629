"""The end of a file of lines: where a torn line begins, and what the last whole line says."""

from __future__ import annotations

import os
from typing import Final

BLOCK: Final = 1 << 16


def cut_torn_line(file: int) -> int:
    """Cut what stands after the last newline from an open file; give the size that is left."""
    size = os.fstat(file).st_size
    whole = _after_newline(file, size)
    if whole < size:
        os.ftruncate(file, whole)
    return whole


def line_before(file: int, end: int) -> bytes:
    r"""Give the line that ends at `end`, which is just after a newline, with its `\n`; nothing where `end` is 0."""
    if end == 0:
        return b""
    start = _after_newline(file, end - 1)
    return os.pread(file, end - start, start)


def _after_newline(file: int, end: int) -> int:
    """Give the place after the last newline before `end`, 0 where there is none."""
    while end > 0:
        start = max(end - BLOCK, 0)
        newline = os.pread(file, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0
