"""All that is known of a zone at an instant, and what any picture of its past weighs in the light of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tests.models.histories.device_law import DeviceLaw
from tests.models.histories.evidence import Evidence, Report
from tests.models.histories.instants import APART, found_at, instants_of
from tests.models.histories.laws import Laws
from tests.models.histories.picture import NEVER, History, Picture, covers
from tests.models.histories.point_law import OUT, SAYS_NOTHING, PointLaw
from tests.models.histories.zone import Zone

CROWD = 5


@dataclass(frozen=True)
class Scene:
    """A zone, its laws, the evidence (what arrives at `now` or later counts for nothing yet), and the instant."""

    zone: Zone
    laws: Laws
    all_evidence: Evidence
    now: int
    also: Sequence[int] = field(default=())
    """Moments of change besides those that the evidence names: an engine's own, say."""
    most_openings: int = 2
    """How often one node may have opened."""

    @cached_property
    def evidence(self) -> Evidence:
        return self.all_evidence.until(self.now)

    @cached_property
    def instants(self) -> list[int]:
        return sorted({at for at in (*instants_of(self.zone, self.evidence), *self.also) if at < self.now})

    @cached_property
    def found(self) -> Mapping[int, frozenset[int]]:
        """Moments at which only these nodes may have opened, with their points' silence free."""
        return {at: nodes for at, nodes in found_at(self.zone, self.evidence).items() if at not in self.also}

    @cached_property
    def device_law(self) -> DeviceLaw:
        return DeviceLaw(self.laws, self.zone, self.evidence, self.now)

    def reports(self, point: int) -> list[Report]:
        return [one for one in self.evidence.reports if one.point == point]

    def point_law(self, point: int) -> PointLaw:
        return PointLaw(self.laws, self.zone.meters[point], self.reports(point), self.now, self.crowded)

    @cached_property
    def crowded(self) -> frozenset[Report]:
        """Reports that five points or more give together, all of them *out* or all *on*."""
        outs = [one for one in self.evidence.reports if one.kind in OUT]
        ons = [one for one in self.evidence.reports if one.kind not in OUT | SAYS_NOTHING]
        return frozenset(one for some in (outs, ons) for one in some if _together(one, some) >= CROWD)

    def weigh(self, picture: Picture) -> int:
        """Log of the probability of picture and evidence together, in units; its times may be any before `now`."""
        zone, law = self.zone, self.device_law
        total = sum(law.facts(device, picture.openings.get(device, ())) for device in range(len(zone.kinds)))
        for node, past in picture.openings.items():
            total += law.prior(node, past, picture.dark_above(zone, node))
        total += sum(self.tie(device, since, picture) for device, since in picture.fed.items())
        for point in range(len(zone.feeds)):
            free = frozenset(self._found_starts(picture, point))
            total += self.point_law(point).weigh(picture.dark(zone, point), free)
        return total

    def tie(self, device: int, since: int, picture: Picture) -> int:
        """The prior of power from elsewhere below a device that had none; raises where that cannot be."""
        prior = self.laws.tie_prior(self.zone.kinds[device], listed=device in self.zone.ties)
        dark: History = (*picture.dark_above(self.zone, device), *picture.openings.get(device, ()))
        if prior is None or not covers(dark, since):
            raise ValueError(f"device {device}: nothing can feed it from elsewhere at {since}")
        return prior

    def _found_starts(self, picture: Picture, point: int) -> list[int]:
        path = [(node, one) for node in self.zone.path(~point) for one in picture.openings.get(node, ())]
        return [one[0] for node, one in path if node in self.found.get(one[0], ())]

    def open_classes(self, picture: Picture) -> frozenset[tuple[int, ...]]:
        """What is open now, as far as usage points can tell."""
        return frozenset(self.zone.classes[node] for node in picture.open_now)

    def short_of(self, picture: Picture, best: int) -> float:
        """By how many nats a picture is below a weight."""
        return (best - self.weigh(picture)) / 4096


def _together(report: Report, others: Sequence[Report]) -> int:
    return len({one.point for one in others if abs(one.observed_at - report.observed_at) <= APART})


def history_of(mask: int, instants: Sequence[int]) -> History:
    """The intervals of a mask: bit n is the time from the n-th instant to the next, the last bit has no end."""
    ends = [*instants[1:], NEVER]
    runs: list[tuple[int, int]] = []
    for n, (first, last) in enumerate(zip(instants, ends, strict=True)):
        if mask >> n & 1:
            runs = [*runs[:-1], (runs[-1][0], last)] if runs and runs[-1][1] == first else [*runs, (first, last)]
    return tuple(runs)
