"""The laws of histories: the model file's rates, and what it does not have yet, as whole units of 1/4096 nat.

What is not in the model file has the values of the spike that the design names; a caller gives the engine's own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from models.outages.weights.parameters import Distribution, Parameters

NAT = 4096
SECOND = 1000
HOUR = 3600
RECLOSING = frozenset({"breaker", "recloser"})


def units(nats: float) -> int:
    return round(nats * NAT)


def log(chance: float) -> int:
    """The log of a chance in units; of none at all, worse than anything."""
    return units(math.log(chance)) if chance > 0 else units(-100)


def share(steps: Distribution, seconds: float) -> float:
    """What share of a distribution has come after so many seconds."""
    return max((part for at, part in steps if at <= seconds), default=0.0)


@dataclass(frozen=True)
class Laws:
    """Nats unless said otherwise; `Laws()` has the defaults."""

    parameters: Parameters = field(default_factory=Parameters)
    coherence: Distribution = ((0.0, 0.0), (8.0, 1.0), (75.0, 4.0))
    """What a gasp loses that is stamped so many seconds after the loss of power."""
    return_coherence: Distribution = ((0.0, 0.0), (8.0, 1.0), (75.0, 10.0))
    """What a restoration message loses that is stamped so long after the return: only a wrong clock does that."""
    dip_seconds: float = 90
    """An opening that ends within this is a dip."""
    dip: float = -3.5
    """Prior of a dip at a kind that recloses; elsewhere the next."""
    dip_elsewhere: float = -12
    nested: float | None = math.log(0.02)
    """Prior of an opening below a feed that is out, not one that only dips; None: as any other."""
    closing: float = math.log(0.05)
    """Prior of the closing of what was open for longer than a dip."""
    wave_relief: float = 0
    """So much likelier is a false report that comes with four others: meters joined to the wrong point are usual."""
    return_relief: float = 0
    """The same of a false "on"."""
    untold_opening: float = -1.8
    """A telemetered device opened, and none of its positions says so."""
    unprompted_return: float = -4
    """A restoration message of a meter that had lost nothing."""
    scada_bad: float = 0.3
    scada_most: float = 14
    """What a device's positions may weigh in all against its history; never less than the heaviest of them."""
    trial: float = 1
    """At most this speaks a "closed" that is younger than the model file's `scada_hold_seconds`."""
    shot_seconds: float = 80
    """A "closed" that an "open" follows within this was a shot of the reclosing sequence and says nothing."""
    scada_clock_seconds: float = 0.2
    tie: Mapping[str, float] = field(default_factory=lambda: {"switch": -8.0, "recloser": -8.0})
    """Prior of a tie that stands in no table, at kinds that switch."""
    listed_tie: float = -3.0
    """Prior that a tie of the tables was closed."""

    @cached_property
    def window(self) -> float:
        """Hours of one coherence window: rates are chances within it."""
        return self.parameters.coherence_seconds / HOUR

    @cached_property
    def tolerance(self) -> int:
        """Milliseconds by which a meter's clock may be off."""
        return round(self.parameters.clock_tolerance_seconds * SECOND)

    def opening(self, kind: str) -> int:
        return log(min(getattr(self.parameters.opening, kind) * self.window, 0.5))

    def nested_opening(self, kind: str) -> int:
        if kind == "service" or self.nested is None:
            return self.opening(kind)
        return units(self.nested)

    def false(self, kind: str, *, crowded: bool = False) -> int:
        """A point says *out* by this kind of report, and its power is there."""
        likely = log(min(getattr(self.parameters.false_report, kind) * self.window, 0.5))
        return likely + units(self.wave_relief) * crowded

    def false_on(self, *, crowded: bool = False) -> int:
        """A point says *on* while it is dark."""
        return log(self.parameters.false_on) + units(self.return_relief) * crowded

    def misfit(self, seconds: float) -> int:
        return -units(share(self.coherence, seconds))

    def return_misfit(self, seconds: float) -> int:
        return -units(share(self.return_coherence, seconds))

    def quality(self, quality: str) -> int:
        """What a position of this quality says against a history that contradicts it."""
        of = {"good": self.parameters.scada_good, "uncertain": self.parameters.scada_uncertain, "bad": self.scada_bad}
        return units(of[quality])

    def tie_prior(self, kind: str, *, listed: bool) -> int | None:
        """The prior of power from elsewhere; None where it cannot be."""
        if listed:
            return units(self.listed_tie)
        return units(self.tie[kind]) if kind in self.tie else None
