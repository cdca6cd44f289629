"""What must not slow a flow down: a line in a hundred that is refused, a megabyte in a hundred thousand."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

EVERY: Final = 100
EVERY_LARGE: Final = 100_000
LARGE: Final = 1_000_000
"""Bytes."""


def poisoned(number: int, line: bytes) -> bytes | None:
    """Give the line, or in its turn what is refused instead of it; None is a record without a value."""
    if number % EVERY_LARGE == 0:
        return random.Random(number).randbytes(LARGE)
    if number % EVERY:
        return line
    return RUIN[number // EVERY % len(RUIN)](line)


RUIN: Final[tuple[Callable[[bytes], bytes | None], ...]] = (
    lambda line: random.Random(line).randbytes(len(line)),
    lambda _: None,
    lambda line: line.replace(b'"voltage":118.5', b'"voltage":"118.5"'),
    lambda line: line.replace(b'"mesh"', b"null"),
    lambda line: line.replace(b'"meter_id":"', b'"meter_id":"none-'),
    lambda line: line.replace(b'"received_at":"202', b'"received_at":"203'),
    lambda line: line[:80],
)
"""Random bytes, no value, a wrong type, a null, an unknown meter, a clock years ahead, half a line."""
