"""A second opinion on outage inference: the design's section 5, read straight from the model file, slow and plain.

It shares no table and no loop with the engine. A *hypothesis* is a device that opened, or a usage point that lost
power alone (written `~point`). Its weight is in units of 1/4096 nat, against "all below have power".
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from tests.models.oracle.reports import Word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.outages.weights.parameters import Distribution, Parameters
    from tests.models.oracle.reports import Telemetry

NAT = 4096


@dataclass(frozen=True)
class Tree:
    """Devices and usage points by number; a parent's number is below its children's, -1 above the roots."""

    kinds: Sequence[str]
    parents: Sequence[int]
    feeds: Sequence[int]
    """The device of each usage point."""
    rates: Sequence[Mapping[str, float] | None]
    """Each point's delivery by head-end source; None without a meter."""

    @cached_property
    def children(self) -> list[list[int]]:
        below: list[list[int]] = [[] for _ in self.kinds]
        for device, parent in enumerate(self.parents):
            if parent >= 0:
                below[parent].append(device)
        return below

    @cached_property
    def direct(self) -> list[list[int]]:
        fed: list[list[int]] = [[] for _ in self.kinds]
        for point, device in enumerate(self.feeds):
            fed[device].append(point)
        return fed

    @cached_property
    def below(self) -> list[list[int]]:
        """The usage points below each device."""
        fed = [list(points) for points in self.direct]
        for device in reversed(range(len(self.kinds))):
            if self.parents[device] >= 0:
                fed[self.parents[device]] += fed[device]
        return fed

    @property
    def roots(self) -> list[int]:
        return [device for device, parent in enumerate(self.parents) if parent < 0]


class Hypothesis(NamedTuple):
    """A device that opened, or a usage point alone."""

    weight: int
    explained: int
    """How many reports it explains."""


@dataclass(frozen=True)
class Scene:
    """All that is known at an instant."""

    tree: Tree
    parameters: Parameters
    words: Mapping[int, Word]
    telemetry: Mapping[int, Telemetry]
    crews: Mapping[int, int]
    """Devices at which a crew is, and since when."""
    now: int
    _silences: dict[tuple[tuple[float, ...], int], int] = field(default_factory=dict)

    @cached_property
    def saying_out(self) -> set[int]:
        return {point for point, word in self.words.items() if word.kinds}

    @cached_property
    def hypotheses(self) -> dict[int, Hypothesis]:
        """Every hypothesis that there is reason to look at."""
        devices = range(len(self.tree.kinds))
        found = {device: self._opened(device) for device in devices if self._in_question(device)}
        alone = [point for point in self.saying_out if len(self.tree.below[self.tree.feeds[point]]) > 1]
        service = _prior(self.parameters, "service")
        return found | {~point: Hypothesis(service + self.reports[point], 1) for point in alone}

    def _in_question(self, device: int) -> bool:
        points = self.tree.below[device]
        heard = any(point in self.saying_out for point in points)
        return bool(points) and (heard or self._told_since(device) is not None or device in self.crews)

    def _told_since(self, device: int) -> int | None:
        said = self.telemetry.get(device)
        return said.open_since if said else None

    def opened_at(self, device: int) -> int:
        """When it would have opened: by SCADA, or reports that clock errors put before it; else by the wave."""
        times = sorted(self.words[point].out_at for point in self.tree.below[device] if point in self.saying_out)
        since = self._told_since(device)
        if since is not None:
            near = [at for at in times if at >= since - self.parameters.clock_tolerance_seconds * 1000]
            return min([since, *near])
        if not times:
            return self.crews[device]
        span = self.parameters.coherence_seconds * 1000
        return max(times, key=lambda first: (bisect_right(times, first + span) - bisect_left(times, first), -first))

    def _opened(self, device: int) -> Hypothesis:
        first, span = self.opened_at(device), self.parameters.coherence_seconds * 1000
        below = self.tree.below[device]
        out = [point for point in below if point in self.saying_out]
        within = {point for point in out if first <= self.words[point].out_at <= first + span}
        fact = self.telemetry[device].nats if device in self.telemetry else 0
        if device in self.crews:
            fact = self.parameters.crew_fact
        weight = _prior(self.parameters, self.tree.kinds[device]) + round(fact * NAT)
        return Hypothesis(weight + sum(self._point(point, first, point in within) for point in below), len(within))

    def _point(self, point: int, opened_at: int, explained: bool) -> int:
        word = self.words.get(point, Word())
        if explained:
            meter_spoke = word.kinds & {"last_gasp", "ping_off"}
            return self.reports[point] + (0 if meter_spoke else self._silence(point, opened_at))
        if not word.kinds and word.on_at > opened_at + self.parameters.clock_tolerance_seconds * 1000:
            return _whole(self.parameters.false_on)
        return self._silence(point, opened_at)

    def _silence(self, point: int, opened_at: int) -> int:
        rates, word = self.tree.rates[point], self.words.get(point, Word())
        if rates is None or word.silenced:
            return 0
        key = tuple(rates.values()), self.now - opened_at
        if key not in self._silences:
            self._silences[key] = self._silence_of(rates, self.now - opened_at)
        return self._silences[key]

    def _silence_of(self, rates: Mapping[str, float], elapsed_ms: int) -> int:
        sources = self.parameters.sources.items()
        heard = sum(one.share * rates[name] * _reached(one.gasp, elapsed_ms) for name, one in sources)
        return _whole((1 - heard) / (1 - _chance(self.parameters, self.parameters.false_report.last_gasp)))

    @cached_property
    def reports(self) -> dict[int, int]:
        """What the reports of each point that says "out" weigh together; kinds are independent of each other."""
        said, false = self.parameters.report.model_dump(), self.parameters.false_report.model_dump()
        weights = {}
        for point in self.saying_out:
            likely = {"last_gasp": self._gasp(point), **said}
            kinds = self.words[point].kinds
            weights[point] = sum(max(0, _whole(likely[kind] / _chance(self.parameters, false[kind]))) for kind in kinds)
        return weights

    def _gasp(self, point: int) -> float:
        rates = self.tree.rates[point]
        sources = self.parameters.sources.items()
        return sum(one.share * rates[name] for name, one in sources) if rates else self.parameters.delivery


def _reached(steps: Distribution, elapsed_ms: int) -> float:
    return max([share for seconds, share in steps if seconds * 1000 <= elapsed_ms], default=0)


def _chance(parameters: Parameters, per_hour: float) -> float:
    """A rate as the chance within one coherence window, at most a half."""
    return min(per_hour * parameters.coherence_seconds / 3600, 0.5)


def _prior(parameters: Parameters, kind: str) -> int:
    return _whole(_chance(parameters, getattr(parameters.opening, kind)))


def _whole(odds: float) -> int:
    return round(NAT * math.log(odds))
