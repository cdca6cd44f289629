"""Why power is off, as a code: the ten categories of causes of IEEE 1782."""

from __future__ import annotations

from typing import Literal

CauseCode = Literal[
    "equipment",
    "lightning",
    "planned",
    "power_supply",
    "public",
    "vegetation",
    "weather",
    "wildlife",
    "unknown",
    "other",
]
