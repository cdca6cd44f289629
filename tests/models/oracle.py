"""A second opinion on outage inference: the design's section 5, read straight from the model file, slow and plain.

It shares no table and no loop with the engine. A *hypothesis* is a device that opened, or a usage point that lost power
alone (written `~point`). A *picture* is a set of hypotheses none of which lies below another. The weight of a picture is
the sum of its hypotheses' weights, in units of 1/4096 nat, against "everybody has power".

`pictures` lists every one of a small tree, `most_probable` takes the best of them. `Recursion` finds the best picture of
a large tree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from models.evidence import EVIDENCE_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from models.parameters import Distribution, Parameters

NAT = 4096
SAYS_OUT = {"last_gasp", "ping_off", "inferred_outage", "no_power", "partial_power"}
SAYS_NOTHING = {"removed", "hazard"}
COMMAND = 60_000
"""A disconnection or an exchange of the meter explains what was reported within this many milliseconds of it."""

Picture = frozenset[int]


class Report(NamedTuple):
    """What was said of a usage point, milliseconds."""

    point: int
    kind: str
    observed_at: int


class Position(NamedTuple):
    """What SCADA said of a device."""

    device: int
    position: str
    quality: str
    observed_at: int


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


@dataclass
class Word:
    """What remains of a point's reports once they are put in order."""

    kinds: frozenset[str] = frozenset()
    """Kinds of the last run of "out"; empty where the last word is "on"."""
    out_at: int = 0
    on_at: float = -math.inf
    silenced: bool = False
    """The meter is removed."""


def word_of(reports: Iterable[Report], coherence_ms: int) -> Word:
    """Order the reports of one point: "on" ends a run of "out", so does a gap beyond the coherence window."""
    run: list[Report] = []
    explained_until = on_at = -math.inf
    silenced = False
    for report in sorted(reports, key=lambda one: (one.observed_at, EVIDENCE_KINDS.index(one.kind))):
        at = report.observed_at
        if report.kind in {"disconnected", "removed"}:
            explained_until = max(explained_until, at + COMMAND)
            if run and at - run[-1].observed_at <= COMMAND:
                run = []
        if report.kind in {"removed", "installed"}:
            silenced = report.kind == "removed"
        if report.kind in SAYS_OUT:
            if at > max(on_at, explained_until):
                run = [report] if run and at - run[-1].observed_at > coherence_ms else [*run, report]
        elif report.kind not in SAYS_NOTHING:
            on_at, run = at, []
    return Word(frozenset(one.kind for one in run), run[0].observed_at if run else 0, on_at, silenced)


@dataclass
class Telemetry:
    """Whether SCADA has a device open and since when, and by how many nats it says so."""

    nats: float
    open_since: int | None = None


def telemetry_of(positions: Iterable[Position], parameters: Parameters, now: int) -> Telemetry | None:
    """A closing ends a run of openings once it has lasted; bad quality says nothing."""
    hold = parameters.scada_hold_seconds * 1000
    ranks = {"good": 1, "uncertain": 0}
    believed = [one for one in positions if one.quality in ranks]
    believed.sort(key=lambda one: (one.observed_at, ranks[one.quality], one.position == "closed"))
    if not believed:
        return None
    since: int | None = None
    for one, following in zip(believed, [*believed[1:], None], strict=True):
        until = following.observed_at if following else now
        if one.position == "open":
            since = one.observed_at if since is None else since
        elif until - one.observed_at >= hold:
            since = None
    nats = parameters.scada_good if believed[-1].quality == "good" else parameters.scada_uncertain
    return Telemetry(nats if since is not None else -nats, since)


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

    @cached_property
    def saying_out(self) -> set[int]:
        return {point for point, word in self.words.items() if word.kinds}

    @cached_property
    def weights(self) -> dict[int, int]:
        """Every hypothesis that there is reason to look at, and its weight."""
        devices = range(len(self.tree.kinds))
        found = {device: self._device(device) for device in devices if self._in_question(device)}
        alone = [point for point in self.saying_out if len(self.tree.below[self.tree.feeds[point]]) > 1]
        return found | {~point: _prior(self.parameters, "service") + self._report(point) for point in alone}

    @cached_property
    def explained(self) -> dict[int, int]:
        """How many reports each hypothesis explains."""
        return {what: len(self._within(what)) if what >= 0 else 1 for what in self.weights}

    def _in_question(self, device: int) -> bool:
        points = self.tree.below[device]
        heard = any(point in self.saying_out for point in points)
        return bool(points) and (heard or self._told_since(device) is not None or device in self.crews)

    def _told_since(self, device: int) -> int | None:
        said = self.telemetry.get(device)
        return said.open_since if said else None

    def opened_at(self, device: int) -> int:
        """When the device opened, if it did: by SCADA, with reports that clock errors put before it; else by the wave."""
        times = sorted(self.words[point].out_at for point in self.tree.below[device] if point in self.saying_out)
        since = self._told_since(device)
        if since is not None:
            near = [at for at in times if at >= since - self.parameters.clock_tolerance_seconds * 1000]
            return min([since, *near])
        if not times:
            return self.crews[device]
        span = self.parameters.coherence_seconds * 1000
        return max(times, key=lambda first: (sum(first <= at <= first + span for at in times), -first))

    def _within(self, device: int) -> list[int]:
        """The points below whose report belongs to the opening."""
        first, span = self.opened_at(device), self.parameters.coherence_seconds * 1000
        points = [point for point in self.tree.below[device] if point in self.saying_out]
        return [point for point in points if first <= self.words[point].out_at <= first + span]

    def _device(self, device: int) -> int:
        opened_at, within = self.opened_at(device), set(self._within(device))
        fact = self.telemetry[device].nats if device in self.telemetry else 0
        if device in self.crews:
            fact = self.parameters.crew_fact
        return (
            _prior(self.parameters, self.tree.kinds[device])
            + round(fact * NAT)
            + sum(self._point(point, opened_at, point in within) for point in self.tree.below[device])
        )

    def _point(self, point: int, opened_at: int, explained: bool) -> int:
        word = self.words.get(point, Word())
        if explained:
            meter_spoke = word.kinds & {"last_gasp", "ping_off"}
            return self._report(point) + (0 if meter_spoke else self._silence(point, opened_at))
        if not word.kinds and word.on_at > opened_at + self.parameters.clock_tolerance_seconds * 1000:
            return _whole(self.parameters.false_on)
        return self._silence(point, opened_at)

    def _silence(self, point: int, opened_at: int) -> int:
        rates, word = self.tree.rates[point], self.words.get(point, Word())
        if rates is None or word.silenced:
            return 0
        elapsed = self.now - opened_at
        shares = {name: _reached(source.gasp, elapsed) for name, source in self.parameters.sources.items()}
        heard = sum(source.share * rates[name] * shares[name] for name, source in self.parameters.sources.items())
        return _whole((1 - heard) / (1 - _chance(self.parameters, self.parameters.false_report.last_gasp)))

    def _report(self, point: int) -> int:
        rates, parameters = self.tree.rates[point], self.parameters
        sources = parameters.sources.items()
        gasp = sum(one.share * rates[name] for name, one in sources) if rates else parameters.delivery
        likely = {"last_gasp": gasp, **parameters.report.model_dump()}
        false = parameters.false_report.model_dump()
        kinds = self.words[point].kinds
        return sum(max(0, _whole(likely[kind] / _chance(parameters, false[kind]))) for kind in kinds)


def _reached(steps: Distribution, elapsed_ms: int) -> float:
    return max([share for seconds, share in steps if seconds * 1000 <= elapsed_ms], default=0)


def _chance(parameters: Parameters, per_hour: float) -> float:
    """A rate as the chance within one coherence window, at most a half."""
    return min(per_hour * parameters.coherence_seconds / 3600, 0.5)


def _prior(parameters: Parameters, kind: str) -> int:
    return _whole(_chance(parameters, getattr(parameters.opening, kind)))


def _whole(odds: float) -> int:
    return round(NAT * math.log(odds))


def pictures(scene: Scene) -> Iterator[Picture]:
    """List every picture."""
    for parts in product(*(_pictures_below(scene, root) for root in scene.tree.roots)):
        yield frozenset().union(*parts)


def _pictures_below(scene: Scene, device: int) -> list[Picture]:
    alone: list[list[Picture]] = [
        [frozenset(), frozenset({~point})] for point in scene.tree.direct[device] if ~point in scene.weights
    ]
    branches = [_pictures_below(scene, child) for child in scene.tree.children[device]]
    closed = [Picture().union(*parts) for parts in product(*alone, *branches)]
    return [*closed, Picture({device})] if device in scene.weights else closed


def weigh(scene: Scene, picture: Picture) -> int:
    """The weight of a picture; a hypothesis that nothing speaks for is impossible."""
    return sum(scene.weights[what] for what in picture)


def most_probable(scene: Scene) -> Picture:
    """The best picture; of equal ones that which explains more reports, then the one downstream."""

    def order(picture: Picture) -> tuple[int, int, list[bool]]:
        closed = [device not in picture for device in range(len(scene.tree.kinds))]
        return weigh(scene, picture), sum(scene.explained[what] for what in picture), closed

    return max(pictures(scene), key=order)


def probability(scene: Scene, any_of: Iterable[int]) -> float:
    """The probability that one of these hypotheses is true, over all pictures."""
    wanted = set(any_of)
    every = [(weigh(scene, picture), bool(wanted & picture)) for picture in pictures(scene)]
    most = max(weight for weight, _ in every)
    chances = [(math.exp((weight - most) / NAT), hit) for weight, hit in every]
    return sum(chance for chance, hit in chances if hit) / sum(chance for chance, _ in chances)


class Best(NamedTuple):
    """The best picture of a branch."""

    weight: int
    explained: int
    picture: Picture


def most_probable_of_many(scene: Scene) -> Picture:
    """The best picture of a large tree: each branch on its own, from the leaves to the roots."""
    best: dict[int, Best] = {}
    for device in reversed(range(len(scene.tree.kinds))):
        parts = [best.pop(child) for child in scene.tree.children[device]]
        alone = [~point for point in scene.tree.direct[device] if scene.weights.get(~point, -1) >= 0]
        parts += [Best(scene.weights[what], 1, Picture({what})) for what in alone]
        closed = Best(
            sum(part.weight for part in parts),
            sum(part.explained for part in parts),
            Picture().union(*(part.picture for part in parts)),
        )
        opened = closed
        if device in scene.weights:
            opened = Best(scene.weights[device], scene.explained[device], Picture({device}))
        best[device] = opened if opened[:2] > closed[:2] else closed
    return Picture().union(*(best[root].picture for root in scene.tree.roots))
