"""One outage at one instant: how long it will last by the table, and what the public is promised of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.outages.estimate.apply import at_level, logarithms
from models.outages.estimate.promise import MINUTE, Promise, expired, next_step, promise
from models.outages.estimate.situation import CREW_STAGES
from models.outages.estimate.zone_ranges import HIGH, LOW, Shift
from models.times.logarithms import seconds_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.estimate.policy import PromisePolicy
    from models.outages.estimate.situation import Situation
    from models.outages.estimate.table import EstimateTable


class Estimate(NamedTuple):
    """What stands of an outage; times in seconds since the epoch."""

    begins: int
    """Power will be back from then on,"""
    ends: int
    """and by then; both whole minutes."""
    by_crew: bool
    """A crew says so: both are the time that it gave."""
    promise: Promise
    review_at: int
    """When it is to be made anew, whatever else happens."""
    crew_stage: int
    crew_etr: int | None
    """What it was made from: it is made anew when a crew comes further, or says something else."""


@dataclass(frozen=True, slots=True)
class Estimator:
    """A table and a policy."""

    table: EstimateTable
    policy: PromisePolicy

    def is_due(self, known: Estimate | None, now: int, crew_stage: int, crew_etr: int | None) -> bool:
        """Whether an estimate has to be made anew; else it stays as it is, also when the crew leaves."""
        if known is None or now >= known.review_at:
            return True
        return crew_stage > known.crew_stage or crew_etr != known.crew_etr

    def estimate(
        self, known: Promise, now: int, began: int, situation: Situation, crew_etr: int | None, shift: Shift
    ) -> Estimate:
        """Make an estimate; what a crew says goes before the table as long as it is to come, and not too far off."""
        scores = logarithms(self.table, np.array([situation], np.int64))
        left = seconds_of(scores)
        expected = now + int(at_level(self.table, left, self.policy.level)[0])
        latest = now + self.policy.farthest_minutes * MINUTE
        crew = crew_etr if crew_etr is not None and now < crew_etr <= latest else None
        if crew is None and self._waits(known, now, situation):
            promised = expired(known, now)
        else:
            promised = promise(self.policy, known, now, began, expected, crew)
        if crew is not None:
            begins = ends = crew
        else:
            low, high = (now + int(end[0]) for end in ends_of(self.table, scores, shift))
            begins, ends = low // MINUTE * MINUTE, max(-(-high // MINUTE) * MINUTE, now + MINUTE)
        step = next_step(self.policy, promised, now, began)
        return Estimate(begins, ends, crew is not None, promised, min(step, ends), situation.crew_stage, crew_etr)

    def _waits(self, known: Promise, now: int, situation: Situation) -> bool:
        """Whether it is promised its area's time alone: until a crew is there, or that is about to pass."""
        if situation.crew_stage >= CREW_STAGES["on_site"]:
            return False
        if known.at is not None and known.at - now <= self.policy.lead_minutes * MINUTE:
            return False
        most = self.policy.area_open_outages
        return known.stage == "area" or (most is not None and situation.open_outages >= most)

    def owned(self, known: Estimate, made: Promise, now: int, began: int) -> Estimate:
        """Put what an owner promises in place; what is released is looked at at once."""
        step = next_step(self.policy, made, now, began) if made.owned or made.stage == "area" else now
        return known._replace(promise=made, review_at=min(step, known.ends))


def ends_of(
    table: EstimateTable, scores: NDArray[np.int64], shift: Shift
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the seconds to both ends of ranges, n x levels of logarithms to n each, with the zone's shift."""
    levels = table.file.levels
    low, middle, high = (scores[:, levels.index(level)] for level in (LOW, 50, HIGH))
    return seconds_of(np.minimum(low + shift.low, middle)), seconds_of(np.maximum(high + shift.high, middle))
