"""What operators do, and how often they err: shares from 0 to 1, times in seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ORDERS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "acknowledge": 0.25,
        "set_cause": 0.15,
        "confirm": 0.12,
        "note": 0.1,
        "assign_crew": 0.08,
        "hold_publication": 0.05,
        "set_start_time": 0.05,
        "set_position": 0.04,
        "restore": 0.03,
        "split": 0.03,
        "merge": 0.03,
        "move": 0.02,
        "reopen": 0.02,
        "cancel": 0.02,
        "open": 0.01,
    }
)
"""Of the first orders about an outage."""
ERRORS: Final[Mapping[str, float]] = MappingProxyType(
    {"late": 0.04, "wrong_device": 0.04, "outdated": 0.05, "unknown_outage": 0.02, "duplicate": 0.05, "garbage": 0.02}
)
"""Of all orders; the others are as they should be (`none`)."""


@dataclass(frozen=True, slots=True)
class OperatorLaws:
    """The laws of one control room."""

    share: float
    """Of the outages that are published, those about which something is ordered."""
    orders: Mapping[str, float] = field(default_factory=lambda: ORDERS)
    errors: Mapping[str, float] = field(default_factory=lambda: ERRORS)
    reaction: float = 90.0
    """Mean between what is published and what is ordered."""
    more: float = 0.4
    """Share of orders after which another one follows."""
    longest_delay: float = 1200.0
    """From when a late order was given until it arrives."""
