"""Estimates of the outages of some zones: made when an outage is published, and made anew at steps of their own.

An estimate stands until its time is to be replaced, until its range has passed, or until a crew comes further: what is
published in between carries it along, so that records do not multiply.
"""

from __future__ import annotations

import heapq
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from models.network.network import DEVICE_KINDS
from models.outages.estimate.promise import Promise
from models.outages.estimate.situation import CREW_STAGES, KINDS, UNKNOWN, Situation
from models.outages.estimate.zone_history import ZoneHistory
from models.outages.estimate.zone_ranges import HIGH, LOW, ZoneRanges
from models.times.iso8601 import format_time
from models.times.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from models.network.network import Network
    from models.outages.context.context import Context
    from models.outages.context.crews import CrewAt
    from models.outages.estimate.estimator import Estimate, Estimator
    from models.outages.state.outage import Outage

NO_ESTIMATE: Final[Mapping[str, Any]] = MappingProxyType(
    dict.fromkeys(
        ("estimate_from", "estimate_to", "estimate_probability", "estimate_source", "etr_public", "etr_stage")
    )
)


class Estimates:
    """What the engine knows of them besides the outages themselves; `by_zone` are all that are open."""

    def __init__(
        self, estimator: Estimator, network: Network, context: Context, by_zone: Mapping[int, Mapping[str, Outage]]
    ) -> None:
        self._estimator = estimator
        self._network, self._context, self._by_zone = network, context, by_zone
        self.history, self.ranges = ZoneHistory(), ZoneRanges()
        self._steps: list[tuple[int, str, int]] = []
        """Heap of (instant, outage id, zone); some are out of date."""
        self._step_of: dict[str, int] = {}
        self._open: tuple[int, dict[int, tuple[int, int]]] = (0, {})
        """At an instant, by zone, how many outages are open and the sum of the seconds at which they began."""

    def review(self, outage: Outage, now: int) -> Estimate | None:
        """Give the estimate from an instant on: the one that stands, or another one."""
        known, at = outage.estimate, now // SECOND
        if outage.final:
            return known
        key = int(self._network.class_of[outage.device]) if outage.device >= 0 else ~outage.service_point
        stage, since, etr = _crews(self._context.crews.at(outage.outage_id, key, outage.started_at))
        if not self._estimator.is_due(known, at, stage, etr):
            return known
        promise = Promise() if known is None else known.promise
        situation = self._situation(outage, at)._replace(crew_stage=stage, crew_age=at - since if stage else UNKNOWN)
        shift = self.ranges.shift(outage.zone, at)
        made = self._estimator.estimate(promise, at, outage.started_at // SECOND, situation, etr, shift)
        if known is None and not made.by_crew:
            self.ranges.told(outage.zone, outage.outage_id, made.begins, made.ends)
        return made

    def promised(self, outage: Outage, promise: Promise, now: int) -> None:
        """An owner has promised, held or released."""
        if outage.estimate is not None:
            began = outage.started_at // SECOND
            outage.estimate = self._estimator.owned(outage.estimate, promise, now // SECOND, began)

    def _situation(self, outage: Outage, at: int) -> Situation:
        hour, weekday = self._estimator.table.local(at)
        began = outage.started_at // SECOND
        work = self._context.planned_work(outage.device, outage.service_point, outage.started_at)
        count, starts = self._open_in(outage.zone, at)
        kind = "service" if outage.device < 0 else DEVICE_KINDS[self._network.device_kind[outage.device]]
        return Situation(
            outage.affected[0],
            KINDS[kind],
            hour,
            weekday,
            at - began,
            0,
            UNKNOWN,
            0 if work is None else work.kind + 1,
            UNKNOWN if work is None else max(work.window[1] // SECOND - at, 0),
            count,
            at - starts // max(count, 1),
            *self.history.columns(outage.zone, at),
        )

    def _open_in(self, zone: int, at: int) -> tuple[int, int]:
        if self._open[0] != at:
            self._open = at, {}
        if zone not in self._open[1]:
            mine = [one.started_at // SECOND for one in self._by_zone.get(zone, {}).values() if not one.suspected]
            self._open[1][zone] = len(mine), sum(mine)
        return self._open[1][zone]

    def published(self, outage: Outage) -> None:
        """An outage was published, or looked at: what is over is remembered, of what is not the next step is set.

        What may still prove to be momentary has none: it is published anyway when it is sustained.
        """
        name = outage.outage_id
        if outage.final:
            self._step_of.pop(name, None)
            restored = outage.restored_at if outage.status == "restored" else None
            self.ranges.over(name, None if restored is None else restored // SECOND)
            if restored is not None:
                self.history.note(outage.zone, outage.started_at // SECOND, restored // SECOND)
        elif outage.estimate is not None and outage.sustained_at is not None:
            at = outage.estimate.review_at * SECOND
            if self._step_of.get(name) != at:
                self._step_of[name] = at
                heapq.heappush(self._steps, (at, name, outage.zone))

    def next_step(self, aside: Collection[int]) -> int | None:
        """The instant at which an estimate has to be made anew; in zones that are set aside none has."""
        while self._steps:
            at, name, zone = self._steps[0]
            if self._step_of.get(name) == at:
                if zone not in aside:
                    return at
                del self._step_of[name]  # its outage is published when the zone is taken back
            heapq.heappop(self._steps)
        return None

    def take_due(self, now: int, aside: Collection[int]) -> list[str]:
        """Take out the outages whose step has come: they are looked at when the instant is published."""
        due = []
        while (step := self.next_step(aside)) is not None and step <= now:
            name = heapq.heappop(self._steps)[1]
            del self._step_of[name]
            due.append(name)
        return due

    def restore(
        self, saved: tuple[Iterable[Any], Sequence[Any]], outages: Iterable[Outage], quarantined: set[int]
    ) -> None:
        """Go on from what history and ranges saved, with these open outages."""
        self.history.restore(saved[0])
        self.ranges.restore(saved[1])
        for outage in outages:
            if outage.revision and outage.zone not in quarantined:
                self.published(outage)


def _crews(crews: list[CrewAt]) -> tuple[int, int, int | None]:
    """How far the crews of an outage have come, since when, and what the latest of them says of power (seconds)."""
    stages = [(CREW_STAGES.get(crew.status, 0), crew.at // SECOND) for crew in crews]
    stage = max((stage for stage, _ in stages), default=0)
    since = min((at for one, at in stages if one == stage), default=UNKNOWN)
    said = [(crew.at, crew.crew_id, crew.etr) for crew in crews if crew.etr is not None]
    return stage, since, max(said)[2] // SECOND if said else None


def estimate_fields(known: Estimate | None) -> Mapping[str, Any]:
    """The fields of a record."""
    if known is None:
        return NO_ESTIMATE
    promised = known.promise
    return {
        "estimate_from": format_time(known.begins * SECOND),
        "estimate_to": format_time(known.ends * SECOND),
        "estimate_probability": None if known.by_crew else (HIGH - LOW) / 100,
        "estimate_source": "crew" if known.by_crew else "table",
        "etr_public": None if promised.at is None else format_time(promised.at * SECOND),
        "etr_stage": promised.stage,
    }
