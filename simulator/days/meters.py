"""What a day's head-ends hear of the meters.

A meter that loses power waits for its hold-off and sends a last gasp, unless power is back by then: it has noticed
nothing, and says nothing of the return either. One that has noticed says when it has power again, and tries again if
nobody hears it. Over the power line everything comes late, and where the concentrator is dead too no gasp comes at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from models.evidence.kinds import KIND_CODE, POWER_RESTORED
from simulator.chance import chance
from simulator.course import NEVER
from simulator.days.waiting import carrier_ms, delays_ms, varied_ms, waking_ms
from simulator.telemetry.fleet import milliseconds, slowed
from simulator.telemetry.reports import Reports, joined

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from simulator.days.fleet import Meters
    from simulator.days.loss import Delivery
    from simulator.days.table import Day
    from simulator.options import StormOptions
    from simulator.supply import Interruptions

LAST_GASP: Final = KIND_CODE["last_gasp"]
INFERRED: Final = KIND_CODE["inferred_outage"]
_AGAIN_MS: Final = 300_000
_DEAD_CONCENTRATOR: Final = 0.3
"""Share of gasps over the power line that are lost because the break is behind the concentrator."""
_LONG_MS: Final = 600_000
_BURST_SECONDS: Final = (25, 35)
_LARGEST_CONCENTRATOR: Final = 200
_LEAST_CONCENTRATOR: Final = 10
_ANY_TIME: Final = (0.1, 0.9)
"""When in an interruption a false "on" is sent, as a share of it."""


@dataclass(frozen=True, slots=True)
class HeadEnds:
    """Meters, and the ways by which their messages come."""

    meters: Meters
    delivery: Delivery
    laws: dict[str, str]
    options: StormOptions
    day: Day

    def travel(self, lots: Generator, point: NDArray[np.int32]) -> NDArray[np.int64]:
        """Draw how long a message of each meter is on its way; milliseconds."""
        quick = delays_ms(lots, self.laws["delay"], self.meters.cellular[point])
        late = carrier_ms(lots, self.laws["carrier"], len(point))
        return slowed(np.where(self.meters.carrier[point], late, quick), self.options)

    def can_send(self, point: NDArray[np.int32], at: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether the collector of each meter hears it at a time; the mobile network always does."""
        silent = self.delivery.is_silent(self.meters.collector[point], at)
        return ~silent | self.meters.cellular[point]

    def about_interruptions(self, seen: Interruptions) -> Reports:
        """Return gasps and restoration messages about the interruptions that the meters see."""
        lots, meters = chance(self.options.seed, "reports of the day"), self.meters
        rows = np.flatnonzero(meters.speaking[seen.point])
        point, out_at, back_at = seen.point[rows], seen.out_at[rows], seen.back_at[rows]
        hold_off = slowed(varied_ms(lots, meters.hold_off[point]), self.options)
        noticed = back_at - out_at >= hold_off
        gasps = self._gasps(lots, point, out_at, out_at + hold_off).take(noticed)
        known = noticed & (back_at < NEVER)
        returns = self._returns(lots, point[known], out_at[known], back_at[known], seen.next_out_at()[rows][known])
        return joined([gasps.take(gasps.received_at < NEVER), returns])

    def _gasps(
        self, lots: Generator, point: NDArray[np.int32], out_at: NDArray[np.int64], sent_at: NDArray[np.int64]
    ) -> Reports:
        """Return a gasp each; it is received never where it is lost."""
        meters = self.meters
        rate = self.delivery.gasp_rate(meters.cellular[point], meters.collector[point], sent_at)
        heard = (lots.random(len(point)) < rate) & self.can_send(point, sent_at)
        behind = meters.carrier[point] & (lots.random(len(point)) < _DEAD_CONCENTRATOR)
        if self.options.delivery < 1:
            heard &= ~behind
        arrival = np.where(heard, sent_at + self.travel(lots, point), NEVER)
        return Reports.of(point, LAST_GASP, meters.clocks.stamp(point, out_at), arrival)

    def _returns(
        self,
        lots: Generator,
        point: NDArray[np.int32],
        out_at: NDArray[np.int64],
        back_at: NDArray[np.int64],
        next_out_at: NDArray[np.int64],
    ) -> Reports:
        """Let meters say that power is back, trying again until they are heard or power is gone again."""
        meters = self.meters
        repeats = self._repeats()[meters.collector[point]]
        waking = slowed(waking_ms(lots, self.laws["waking"], meters.cellular[point]), self.options)
        spoken_at = np.full(len(point), NEVER, np.int64)
        for attempt in range(self.options.restoration_repeats + 1):
            at = back_at + waking + attempt * _AGAIN_MS
            heard = lots.random(len(point)) < self.delivery.returns[meters.collector[point]]
            heard &= (spoken_at == NEVER) & (attempt <= repeats) & (at < next_out_at) & self.can_send(point, at)
            spoken_at = np.where(heard, at, spoken_at)
        told = meters.clocks.stamp_return(point, back_at, spoken_at - back_at)
        started = meters.clocks.stamp(point, out_at)
        reports = Reports.of(point, POWER_RESTORED, told, spoken_at + self.travel(lots, point), started)
        return reports.take(spoken_at < NEVER)

    def _repeats(self) -> NDArray[np.int64]:
        """Return by collector how often its meters try again."""
        most = self.options.restoration_repeats
        least = most if self.day.least_repeats is None else min(most, self.day.least_repeats)
        lots = chance(self.options.seed, "tries again")
        return lots.integers(least, most + 1, len(self.delivery.returns))

    def false_gasps(self, interruptions: Interruptions) -> Reports:
        """Draw meters that send a gasp with power on, each once at any time of the duration."""
        lots, meters = chance(self.options.seed, "false gasps of the day"), self.meters
        draws = lots.random(len(meters.speaking)) < self.options.false_gasps
        point = np.flatnonzero(meters.speaking & draws).astype(np.int32)
        at = self.options.start_at + milliseconds(self.options.duration_seconds * lots.random(len(point)))
        sent_at = at + slowed(varied_ms(lots, meters.hold_off[point]), self.options)
        reports = Reports.of(point, LAST_GASP, meters.clocks.stamp(point, at), sent_at + self.travel(lots, point))
        return reports.take(~interruptions.is_out(point, at))

    def false_returns(self, seen: Interruptions) -> Reports:
        """Draw meters that say in the midst of a long interruption that power is back."""
        lots, meters = chance(self.options.seed, "false returns of the day"), self.meters
        long = (seen.back_at < NEVER) & (seen.back_at - seen.out_at > _LONG_MS) & meters.speaking[seen.point]
        rows = np.flatnonzero(long)
        rows = rows[lots.random(len(rows)) < self.day.false_on]
        point, out_at = seen.point[rows], seen.out_at[rows]
        at = out_at + ((seen.back_at[rows] - out_at) * lots.uniform(*_ANY_TIME, len(rows))).astype(np.int64)
        started = meters.clocks.stamp(point, out_at)
        return Reports.of(point, POWER_RESTORED, meters.clocks.stamp(point, at), at + self.travel(lots, point), started)

    def inferred_bursts(self) -> Reports:
        """Let concentrators that lose their own supply say for all of their meters that power is gone (CLOU).

        One serves at most 200 meters: of a larger collector it is a part, neighbours in the order of the network.
        """
        lots, bursts = chance(self.options.seed, "inferred gasps"), []
        collector = self.meters.collector
        for _ in range(self.day.inferred_bursts):
            member = int(lots.integers(len(collector)))
            own = np.flatnonzero((collector == collector[member]) & self.meters.metered)
            size = int(lots.integers(_LEAST_CONCENTRATOR, _LARGEST_CONCENTRATOR))
            first = max(0, int(np.searchsorted(own, member)) - size // 2)
            point = own[first : first + size].astype(np.int32)
            at = self.options.start_at + round(1000 * self.options.duration_seconds * lots.random())
            wait = milliseconds(lots.uniform(*_BURST_SECONDS, 1))
            arrival = at + wait + milliseconds(lots.uniform(0.1, 5, len(point)))
            bursts.append(Reports.of(point, INFERRED, np.full(len(point), at), arrival))
        return joined(bursts) if bursts else Reports.none()
