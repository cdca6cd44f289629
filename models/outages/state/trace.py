"""What the engine decided, by which rule and on what: written for who asks, at no cost while nobody does.

A rule that opens, moves, narrows, merges, closes, restores, confirms or cancels calls `deciding.note`. Nothing reads a
trace to decide anything, and it is no part of the state: with it and without it the records are the same.
"""

from __future__ import annotations

from typing import Final, NamedTuple

RULES: Final = {
    "opened": "the most probable picture has this device open",
    "dark-branch": "a device above closed, and nobody below this one spoke",
    "moved": "the same moment is better explained by another device above or below: the oldest outage takes it",
    "named": "SCADA or a crew names another device that customers cannot tell from it",
    "published": "several reports, a position or a crew, or two minutes without contradiction",
    "confirmed": "SCADA, a crew or an operator has the device open",
    "withdrawn": "a suspicion that nobody was told of is not found open any more",
    "device-closed": "the most probable picture has the device closed again",
    "over": "its points have lost power anew: its own story is over",
    "restored": "points say themselves that they have power",
    "restored-inferred": "silent points whose neighbours spoke count as restored once the wait is over",
    "merged": "it was a part of another outage all along",
    "repaired": "its device closed below one that is open: its points are out by that outage from now",
    "not-found": "the most probable picture has it no more",
    "ended": "no point is left",
}
"""Rule, and what it says. A rule that is not here is shown by its name."""
DEEDS: Final = frozenset({"opened", "dark-branch", "moved"})
"""Rules that say whose outage it is."""


class Weighed(NamedTuple):
    """A hypothesis and its score, in units of 1/4096 nat against "all below has power"."""

    what: str
    """Device, or usage point alone."""
    score: int


class Heard(NamedTuple):
    """Of the usage points that a device feeds, how many say what at that moment."""

    out: int
    on: int
    """Since the outage began."""
    silent: int


class Decision(NamedTuple):
    """One thing that a rule did to an outage at an instant (milliseconds)."""

    at: int
    rule: str
    outage_id: str
    place: str
    """Id of the device, or of the usage point of a single service."""
    status: str
    started_at: int
    customers_out: int
    posterior: int
    """Log probability of its class, in units."""
    heard: Heard
    device_fact: str
    """What SCADA and crews have of the device."""
    around: tuple[str, ...]
    """Outages open at the same class or above."""
    weighed: tuple[Weighed, ...]
    """The device itself first, then its rivals; empty where nothing was weighed."""
    other: str
    """The outage that it went to, or what else the rule names."""


class Trace:
    """Collects decisions, in the order in which they are made."""

    def __init__(self) -> None:
        self.decisions: list[Decision] = []
