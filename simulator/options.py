"""What a storm is made of: every option of `faultline simulate`, and the presets that set them."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DAYS: Final = ("clean", "good", "bad", "worst")
"""Presets of one kind of storm, whose messages fare better or worse; their laws stand in `simulator.days`."""
PRESETS: Final = ("full", "long", "snapshot", *DAYS)
LOSSES: Final = ("independent", "clustered")
SUMMER_AFTERNOON: Final = 1_783_875_600_000
"""2026-07-12T17:00:00Z, where a storm begins unless told otherwise."""


@dataclass(frozen=True, slots=True)
class StormOptions:
    """All options of a simulated storm; shares and rates are from 0 to 1."""

    seed: int
    preset: str = "full"
    start_at: int = SUMMER_AFTERNOON
    """Milliseconds since the epoch; in a replayed storm the incidents' own times count."""
    duration_seconds: float = 6 * 3600
    """Faults begin within it; the simulation runs on until all is restored."""
    faults_per_hour: float | None = None
    """Mean over the duration; None: as the network's size suggests."""
    simultaneous: int = 0
    """Of the snapshot: how many devices open at the start."""
    momentary: float = 0.0
    """Share of faults that end within five minutes; of a full storm, of line faults that are gone when fed again."""
    nested: float = 0.0
    """Share of faults below a device that is already open, or that a device above overtakes."""
    peak_customers: int | None = None
    """Feeders and buses fail until so many customers are out at once."""
    ramp_minutes: float = 30.0
    """The peak is reached so long after the storm's front arrives."""
    crew_count: int | None = None
    """Crews at work at once; None: as the network's size suggests."""
    delivery: float = 0.85
    """Share of last gasps that arrive, mean over the collectors."""
    cellular_delivery: float | None = None
    """The same for cellular meters; None: as all others."""
    restoration_delivery: float = 0.98
    """Share of restoration messages that are heard, each try for itself; 0: meters are mute when power is back."""
    restoration_repeats: int = 3
    """How often a meter tries again, as it has mains; without repeats the share above is what arrives in all."""
    loss: str = "independent"
    concentration: float = 2.0
    """Of clustered loss: each collector's rate is drawn from Beta(mean * c, (1 - mean) * c)."""
    slow_laws: float = 1.0
    """Meters wait and messages travel so many times as long as their laws say; 1.5: an engine's model is wrong."""
    delays: bool = True
    """False: every message arrives a minute after what it tells, whatever the hold-off."""
    copies: float = 0.0
    """Share of delivered messages that come once more by another path."""
    false_gasps: float = 0.0
    """Share of meters that send a gasp with power on, once over the duration."""
    calls: float = 0.0
    """Share of customers without power who call."""
    scada: bool = True
    crews: bool = True
    planned_works: bool = False
    """The planning announces planned work in a topic of its own, with works that are called off."""
    operators: float = 0.0
    """Share of the outages that the engine finds about which operators order something, at times wrongly; 0: none."""
    noise: bool = False
    """Disconnects, meter exchanges, voltages out of band, bad telemetry, hazards and doubtful calls besides."""
    keep: float | None = None
    """Of a replayed storm: share of incidents kept; None: all where they fit, else what brings the peak to a fifth."""


_PRESET_OPTIONS: Final[Mapping[str, Mapping[str, object]]] = MappingProxyType(
    {
        "incidents": {"planned_works": True},
        "full": {
            "calls": 0.1,
            "cellular_delivery": 0.95,
            "copies": 0.3,
            "false_gasps": 0.001,
            "momentary": 0.5,
            "noise": True,
        },
        "long": {
            "calls": 0.1,
            "delivery": 0.8,
            "false_gasps": 0.001,
            "faults_per_hour": 18.0,
            "momentary": 0.3,
            "nested": 0.15,
        },
        "snapshot": {
            "crews": False,
            "delivery": 0.8,
            "duration_seconds": 0.0,
            "false_gasps": 0.001,
            "restoration_delivery": 0.0,
            "scada": False,
            "simultaneous": 20,
        },
        "clean": {"calls": 0.1, "copies": 0.2, "delivery": 1.0, "momentary": 0.5, "restoration_delivery": 1.0},
        "good": {
            "calls": 0.1,
            "copies": 0.3,
            "delivery": 0.9,
            "false_gasps": 0.0005,
            "momentary": 0.5,
            "noise": True,
            "restoration_delivery": 0.98,
        },
        "bad": {
            "calls": 0.1,
            "copies": 0.3,
            "delivery": 0.7,
            "false_gasps": 0.001,
            "momentary": 0.5,
            "noise": True,
            "restoration_delivery": 0.85,
            "restoration_repeats": 1,
        },
        "worst": {
            "calls": 0.1,
            "copies": 0.3,
            "delivery": 0.45,
            "false_gasps": 0.003,
            "momentary": 0.5,
            "noise": True,
            "restoration_delivery": 0.7,
            "restoration_repeats": 1,
        },
    }
)


def storm_options(seed: int, preset: str, chosen: Mapping[str, object]) -> StormOptions:
    """Return a preset's options with those chosen (None is not chosen); a replayed storm's preset is `incidents`."""
    options = replace(StormOptions(seed, preset), **_PRESET_OPTIONS.get(preset, {}))  # type: ignore[arg-type]
    return replace(options, **{name: value for name, value in chosen.items() if value is not None})  # type: ignore[arg-type]


_NOT_ON_A_DAY: Final = (
    "cellular_delivery",
    "concentration",
    "delays",
    "loss",
    "nested",
    "peak_customers",
    "simultaneous",
)


def without_meaning(preset: str | None, given: Iterable[str]) -> list[str]:
    """Return which of the options given say nothing beside a preset that has laws of its own."""
    return [name for name in _NOT_ON_A_DAY if preset in DAYS and name in given]


_DELIVERIES: Final = ("delivery", "cellular_delivery", "restoration_delivery")
_SHARES: Final = (*_DELIVERIES, "momentary", "nested", "copies", "false_gasps", "calls", "operators", "keep")
_NOT_NEGATIVE: Final = ("duration_seconds", "restoration_repeats", "faults_per_hour", "simultaneous", "peak_customers")
_POSITIVE: Final = ("ramp_minutes", "crew_count", "concentration", "slow_laws")


def option_faults(options: StormOptions) -> list[str]:
    """Return a line for each option that makes no sense."""
    values = {field.name: getattr(options, field.name) for field in fields(options)}
    shares = {name: values[name] for name in _SHARES if values[name] is not None}
    amounts = {name: values[name] for name in (*_NOT_NEGATIVE, *_POSITIVE) if values[name] is not None}
    faults = [f"{n}: {v} is no share; give a number from 0 to 1" for n, v in shares.items() if not 0 <= v <= 1]
    faults += [
        f"{name}: {value} is too small; give a number above 0"
        for name, value in amounts.items()
        if not (value > 0 or (value == 0 and name in _NOT_NEGATIVE))
    ]
    if options.preset not in (*PRESETS, "incidents"):
        faults.append(f"preset: {options.preset!r} is not known; use one of {', '.join(PRESETS)}")
    if options.loss not in LOSSES:
        faults.append(f"loss: {options.loss!r} is not known; use one of {', '.join(LOSSES)}")
    return faults
