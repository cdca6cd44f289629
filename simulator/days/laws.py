"""Which laws rule on a day: for each thing one of several families, drawn by seed, so that tuning to one is not enough.

None of them is the engine's model file. Each family's law stands where it is drawn; docs/reference/simulation.md has
all of them with their sources.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from simulator.chance import chance

if TYPE_CHECKING:
    from collections.abc import Mapping

FAMILIES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "hold_off": ("configured", "gamma", "capacitor"),
        "delay": ("hops", "weibull", "log_logistic"),
        "waking": ("window", "reforming", "prompt"),
        "copies": ("repeats", "neighbours", "flush"),
        "clocks": ("uniform", "laplace", "collector"),
        "loss": ("beta", "on_off", "walk"),
        "carrier": ("spread", "polls", "lognormal"),
        "scada": ("direct", "polled", "radio"),
        "crews": ("radio", "tablet", "evening"),
        "calls": ("uniform", "lognormal", "gamma"),
    }
)
"""What there is to draw, and the families of each."""


def draw_laws(seed: int) -> dict[str, str]:
    """Draw the family of each; the same seed has the same laws in every preset."""
    return {
        what: families[int(chance(seed, f"law of {what}").integers(len(families)))]
        for what, families in FAMILIES.items()
    }
