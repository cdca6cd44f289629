"""The best of all pictures of a scene, exactly, with its rival and the probability of what is open.

A history is a mask over the spans between instants; what is dark below a device is the mask of its feed, or its own.
`Search` goes from the leaves to the roots; `every.py` counts all pictures one by one and shares the tables only.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.models.histories.laws import NAT
from tests.models.histories.picture import History, Picture
from tests.models.histories.scene import Scene, history_of

MOST_INSTANTS = 9
IMPOSSIBLE = -(1 << 50)
Weights = NDArray[np.int64]


class Option(NamedTuple):
    """What one node may have done: a mask of its openings, and the span since which it is fed from elsewhere, or -1."""

    mask: int
    fed: int


class Found(NamedTuple):
    """A picture and its weight in units."""

    picture: Picture
    weight: int


Allowed = Callable[[int, Option], bool]


def _anything(_node: int, _option: Option) -> bool:
    return True


@dataclass(frozen=True)
class Search:
    """All pictures of a scene whose changes fall on its instants."""

    scene: Scene

    def __post_init__(self) -> None:
        if len(self.scene.instants) > MOST_INSTANTS:
            raise ValueError(f"{len(self.scene.instants)} instants are too many to try; at most {MOST_INSTANTS}")

    @cached_property
    def feeds(self) -> NDArray[np.int64]:
        """Every mask."""
        return np.arange(1 << len(self.scene.instants))

    @cached_property
    def pasts(self) -> list[History]:
        """[mask]: its intervals."""
        return [history_of(int(mask), self.scene.instants) for mask in self.feeds]

    def options(self, node: int) -> list[Option]:
        """What a node may have done, the fewest and earliest openings first; ties only where there may be one."""
        order = sorted(range(len(self.feeds)), key=lambda mask: (len(self.pasts[mask]), self.pasts[mask]))
        masks = [mask for mask in order if self._may(node, mask)]
        zone, laws = self.scene.zone, self.scene.laws
        tied = node >= 0 and laws.tie_prior(zone.kinds[node], listed=node in zone.ties) is not None
        return [Option(mask, fed) for mask in masks for fed in (range(-1, len(self.scene.instants)) if tied else [-1])]

    def _may(self, node: int, mask: int) -> bool:
        past = self.pasts[mask]
        found = [self.scene.found.get(first) for first, _ in past]
        return len(past) <= self.scene.most_openings and all(nodes is None or node in nodes for nodes in found)

    def below(self, option: Option) -> NDArray[np.int64]:
        """[feed]: what is dark below a node that did this."""
        fed = -1 if option.fed < 0 else (1 << option.fed) - 1
        return (self.feeds | option.mask) & fed

    @cached_property
    def own(self) -> dict[int, list[tuple[Option, Weights]]]:
        """By node its options, each with what speaks for it, by feed."""
        nodes = [*range(len(self.scene.zone.kinds)), *(~point for point in self.scene.zone.services)]
        return {node: [(option, self._own(node, option)) for option in self.options(node)] for node in nodes}

    @cached_property
    def nested(self) -> dict[int, NDArray[np.bool_]]:
        """By instant, below which feeds an opening is nested."""
        law = self.scene.device_law
        return {at: np.array([law.nested(past, at) for past in self.pasts]) for at in self.scene.instants}

    def _own(self, node: int, option: Option) -> Weights:
        law, past = self.scene.device_law, self.pasts[option.mask]
        total = np.full(len(self.feeds), law.facts(node, past), np.int64)
        for interval in past:
            plain, nested = (law.interval_prior(node, interval, nested=below) for below in (False, True))
            total += np.where(self.nested[interval[0]], nested, plain)
        if option.fed >= 0:
            prior = self.scene.laws.tie_prior(self.scene.zone.kinds[node], listed=node in self.scene.zone.ties)
            dark = (self.feeds | option.mask) >> option.fed & 1
            total = np.where(dark, total + (prior or 0), IMPOSSIBLE)
        return total

    @cached_property
    def points(self) -> list[Weights]:
        """[point][mask of its darkness]: what was heard of it."""
        known: dict[Any, Weights] = {}
        return [self._point(point, known) for point in range(len(self.scene.zone.feeds))]

    def _point(self, point: int, known: dict[Any, Weights]) -> Weights:
        law = self.scene.point_law(point)
        meter = law.meter and (*law.meter.gasps.values(), law.meter.returns)
        key = meter, tuple((*report[1:3], report in law.crowded) for report in law.reports)
        if key not in known:
            free = frozenset(self.scene.found)
            known[key] = np.array([law.weigh(past, free) for past in self.pasts], np.int64)
        return known[key]

    def best(self, allowed: Allowed = _anything) -> Found | None:
        """The most probable picture of those whose nodes all did what is allowed; of equal ones the first option."""
        values: dict[int, Weights] = {}
        chosen: dict[int, list[Option]] = {}
        for device in reversed(range(len(self.scene.zone.kinds))):
            inside = sum((values[child] for child in self._nodes_below(device)), start=self._spoken_for(device))
            for node in [*self._services(device), device]:
                base = self.points[~node] if node < 0 else inside
                values[node], chosen[node] = self._choose(node, base, allowed)
                inside = inside + values[node] if node < 0 else inside
        weight = sum(int(values[root][0]) for root in self.scene.zone.roots)
        return Found(self._picture(chosen), weight) if weight > IMPOSSIBLE // 2 else None

    def _nodes_below(self, device: int) -> list[int]:
        return self.scene.zone.children[device]

    def _services(self, device: int) -> list[int]:
        return [~point for point in self.scene.zone.direct[device] if point in self.scene.zone.services]

    def _spoken_for(self, device: int) -> Weights:
        """[mask]: the points at a device that are no nodes."""
        own = [p for p in self.scene.zone.direct[device] if p not in self.scene.zone.services]
        return sum((self.points[point] for point in own), start=np.zeros(len(self.feeds), np.int64))

    def _choose(self, node: int, inside: Weights, allowed: Allowed) -> tuple[Weights, list[Option]]:
        options = [(option, own) for option, own in self.own[node] if allowed(node, option)]
        if not options:
            return np.full(len(self.feeds), IMPOSSIBLE), [Option(0, -1)] * len(self.feeds)
        every = np.array([own + inside[self.below(option)] for option, own in options])
        pick = every.argmax(axis=0)
        return every.max(axis=0), [options[n][0] for n in pick]

    def _picture(self, chosen: dict[int, list[Option]]) -> Picture:
        zone, instants = self.scene.zone, self.scene.instants
        dark = {-1: 0}
        did: dict[int, Option] = {}
        for device in range(len(zone.kinds)):
            did[device] = chosen[device][dark[zone.parents[device]]]
            dark[device] = int(self.below(did[device])[dark[zone.parents[device]]])
            did |= {service: chosen[service][dark[device]] for service in self._services(device)}
        return Picture(
            {node: self.pasts[option.mask] for node, option in did.items() if option.mask},
            {node: instants[option.fed] for node, option in did.items() if option.fed >= 0},
        )

    def opens(self, option: Option) -> bool:
        """Whether the node is open at the end."""
        return bool(option.mask) and bool(option.mask >> len(self.scene.instants) - 1)

    def rival(self, best: Found) -> Found | None:
        """The best picture in which other classes are open now."""
        opened = self.scene.open_classes(best.picture)
        found = [self._with(one, opened=one not in opened) for one in set(self.scene.zone.classes.values())]
        return max((one for one in found if one), key=lambda one: one.weight, default=None)

    def _with(self, alike: tuple[int, ...], *, opened: bool) -> Found | None:
        if not opened:
            return self.best(lambda node, option: node not in alike or not self.opens(option))
        each = [self.best(self._is_open(one)) for one in alike]
        return max((one for one in each if one), key=lambda one: one.weight, default=None)

    def _is_open(self, one: int) -> Allowed:
        return lambda node, option: node != one or self.opens(option)

    def probability(self, alike: tuple[int, ...]) -> float:
        """The probability that one of a class is open now, over all pictures."""
        rest = self.total(lambda node, option: node not in alike or not self.opens(option))
        return 1 - math.exp(rest - self.total())

    def total(self, allowed: Allowed = _anything) -> float:
        """Log of the sum over all pictures, in nats."""
        values: dict[int, NDArray[np.float64]] = {}
        for device in reversed(range(len(self.scene.zone.kinds))):
            inside = sum((values[child] for child in self._nodes_below(device)), start=self._spoken_for(device) / NAT)
            for service in self._services(device):
                inside = inside + self._sum(service, self.points[~service] / NAT, allowed)
            values[device] = self._sum(device, inside, allowed)
        return float(sum(values[root][0] for root in self.scene.zone.roots))

    def _sum(self, node: int, inside: NDArray[np.float64], allowed: Allowed) -> NDArray[np.float64]:
        every = [own / NAT + inside[self.below(option)] for option, own in self.own[node] if allowed(node, option)]
        total: NDArray[np.float64] = np.logaddexp.reduce([np.full(len(self.feeds), float(IMPOSSIBLE)), *every])
        return total
