"""What speaks for a node's own history: priors of openings, closings and ties, SCADA's positions, crews' findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.models.histories.evidence import Evidence, Position
from tests.models.histories.laws import RECLOSING, SECOND, Laws, units
from tests.models.histories.picture import NEVER, History, Interval
from tests.models.histories.zone import Zone


@dataclass(frozen=True)
class DeviceLaw:
    """The law of a zone's nodes at an instant."""

    laws: Laws
    zone: Zone
    evidence: Evidence
    now: int

    def prior(self, node: int, history: History, feed: History) -> int:
        """Of all that a node did, below a feed that was dark at these times."""
        return sum(self.interval_prior(node, one, nested=self.nested(feed, one[0])) for one in history)

    def nested(self, feed: History, at: int) -> bool:
        """Whether a device that opens then does so below a line that is out, not one that only dips."""
        return any(first <= at < last and last - first > self.laws.dip_seconds * SECOND for first, last in feed)

    def interval_prior(self, node: int, interval: Interval, *, nested: bool) -> int:
        """Of one opening and its closing, if it closed."""
        kind = self.zone.kind(node)
        closing = units(self.laws.closing) if interval[1] < NEVER else 0
        if nested:
            return self.laws.nested_opening(kind) + closing
        if interval[1] - interval[0] <= self.laws.dip_seconds * SECOND:
            return units(self.laws.dip if kind in RECLOSING else self.laws.dip_elsewhere)
        return self.laws.opening(kind) + closing

    def facts(self, node: int, history: History) -> int:
        """What SCADA and crews say of the node itself."""
        if node < 0:
            return 0
        positions = [one for one in self.evidence.positions if one.device == node]
        return self._untold(node, history, positions) + self._scada(history, positions) + self._crews(node, history)

    def _untold(self, node: int, history: History, positions: Sequence[Position]) -> int:
        if node not in self.zone.telemetered:
            return 0
        opened = [one.observed_at for one in positions if one.position == "open" and one.quality != "bad"]
        slack = self.laws.tolerance
        untold = [first for first, _ in history if not any(abs(at - first) <= slack for at in opened)]
        return units(self.laws.untold_opening) * len(untold)

    def _scada(self, history: History, positions: Sequence[Position]) -> int:
        against = [
            self._position_weight(one, positions[n + 1 :])
            for n, one in enumerate(positions)
            if not self._agrees(one, history) or (one is positions[-1] and self._denies_standing(one, history))
        ]
        return -min(sum(against), max([units(self.laws.scada_most), *against]))

    def _agrees(self, told: Position, history: History) -> bool:
        """Whether the device was as told at some moment that the clock of SCADA allows."""
        slack = round(self.laws.scada_clock_seconds * SECOND)
        first, last = told.observed_at - slack, told.observed_at + slack
        if told.position == "open":
            return any(a <= last and first < b for a, b in history)
        return not any(a <= first and last < b for a, b in history)

    def _denies_standing(self, last: Position, history: History) -> bool:
        """SCADA reports by exception: what it last called open is open, until it says otherwise."""
        return last.position == "open" and not (history and history[-1][1] == NEVER)

    def _position_weight(self, told: Position, later: Sequence[Position]) -> int:
        weight = self.laws.quality(told.quality)
        if told.position == "open":
            return weight
        shot = told.observed_at + self.laws.shot_seconds * SECOND
        if any(one.position == "open" and one.quality != "bad" and one.observed_at <= shot for one in later):
            return 0
        fresh = self.now - told.observed_at < self.laws.parameters.scada_hold_seconds * SECOND
        return min(weight, units(self.laws.trial)) if fresh else weight

    def _crews(self, node: int, history: History) -> int:
        found = [one.observed_at for one in self.evidence.findings if one.device == node]
        denied = [at for at in found if not any(a - self.laws.tolerance <= at < b for a, b in history)]
        return -units(self.laws.parameters.crew_fact) * bool(denied)
