"""What makes a day clean, good, bad or worst: how much gets lost, comes late or is untrue.

The figures are the yardstick's (docs/reference/simulation.md); the laws behind them are drawn by seed (`laws.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Day:
    """A column of the table; shares are from 0 to 1. What `StormOptions` holds too stands there."""

    loss_is_mild: bool = True
    """Collectors differ a little from hour to hour; else they come and go."""
    least_repeats: int | None = None
    """Collectors draw between so many tries again and `restoration_repeats`; None: all the same."""
    collectors_without_battery: float = 0.0
    """Share of collectors that are silent while their own place is without power."""
    wrong_joins: float = 0.0
    """Share of meters that hang on another device than the tables say."""
    mute_meters: float = 0.0
    """Share of meters that never say anything about power."""
    scada_missing: float = 0.0
    scada_late: float = 0.0
    """Share of positions that come over a minute late."""
    scada_untrue: float = 0.0
    """Share of positions that come with bad or uncertain quality, or are followed by a good one that lies."""
    frozen_units: int = 0
    """Devices whose telemetry stands still for hours and goes on saying what it last saw."""
    plc_meters: float = 0.0
    """Share of meters on power line carrier, whose messages come up to 90 minutes late."""
    inferred_bursts: int = 0
    """How often a concentrator says for all of its meters that power is gone, though it is not."""
    clocks_off: bool = False
    """All meters' clocks are off by up to five seconds."""
    clocks_hour: float = 0.0
    clocks_reset: float = 0.0
    clocks_whole_seconds: float = 0.0
    wrong_device_first: float = 0.0
    """Share of crews' jobs that begin at another device than the open one."""
    silent_crews: float = 0.0
    unlisted_ties: int = 0
    home_supply: float = 0.0
    """Share of usage points with a battery or a generator of their own."""
    false_on: float = 0.0
    """Of the interruptions over ten minutes: the meter says in the midst of it that power is back."""
    integrity_scans: bool = False
    """The control centre asks every device for its position now and then."""


DAYS: Final[Mapping[str, Day]] = MappingProxyType(
    {
        "clean": Day(),
        "good": Day(
            collectors_without_battery=0.05,
            wrong_joins=0.005,
            mute_meters=0.01,
            scada_missing=0.02,
            scada_late=0.02,
            scada_untrue=0.01,
            clocks_off=True,
            clocks_whole_seconds=0.05,
            wrong_device_first=0.02,
            silent_crews=0.05,
            unlisted_ties=1,
            home_supply=0.002,
            false_on=0.001,
            integrity_scans=True,
        ),
        "bad": Day(
            loss_is_mild=False,
            collectors_without_battery=0.2,
            wrong_joins=0.02,
            mute_meters=0.02,
            scada_missing=0.08,
            scada_late=0.05,
            scada_untrue=0.05,
            frozen_units=1,
            plc_meters=0.05,
            inferred_bursts=2,
            clocks_off=True,
            clocks_hour=0.01,
            clocks_reset=0.01,
            clocks_whole_seconds=0.1,
            wrong_device_first=0.05,
            silent_crews=0.15,
            unlisted_ties=3,
            home_supply=0.01,
            false_on=0.005,
            integrity_scans=True,
        ),
        "worst": Day(
            loss_is_mild=False,
            least_repeats=0,
            collectors_without_battery=0.2,
            wrong_joins=0.05,
            mute_meters=0.03,
            scada_missing=0.2,
            scada_late=0.1,
            scada_untrue=0.15,
            frozen_units=2,
            plc_meters=0.15,
            inferred_bursts=5,
            clocks_off=True,
            clocks_hour=0.05,
            clocks_reset=0.03,
            clocks_whole_seconds=0.2,
            wrong_device_first=0.1,
            silent_crews=0.3,
            unlisted_ties=5,
            home_supply=0.02,
            false_on=0.01,
            integrity_scans=True,
        ),
    }
)
