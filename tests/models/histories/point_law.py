"""What a usage point's silence and reports say for a history of darkness (the design's table, entry by entry).

Its reports are laid to its dark intervals in every possible way; the best one counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from tests.models.histories.evidence import Report
from tests.models.histories.laws import SECOND, Laws, log, share
from tests.models.histories.picture import NEVER, History, Interval
from tests.models.histories.zone import Meter

OUT = frozenset({"last_gasp", "ping_off", "inferred_outage", "no_power", "partial_power"})
SAYS_NOTHING = frozenset({"hazard", "removed"})
ANSWERS = frozenset({"last_gasp", "ping_off"})
"""Kinds by which the meter itself has said that it is out."""


@dataclass(frozen=True)
class PointLaw:
    """The law of one point at an instant."""

    laws: Laws
    meter: Meter | None
    reports: Sequence[Report]
    now: int
    crowded: frozenset[Report] = frozenset()
    """Those of the reports that come with four others of their direction."""

    def weigh(self, dark: History, silence_free: frozenset[int] = frozenset()) -> int:
        """Log likelihood in units.

        `silence_free` are the starts of intervals that began nobody knows how long before: a crew's finding, a call.
        """
        outs = [report for report in self.reports if report.kind in OUT]
        choices = [[n for n, one in enumerate(dark) if self._within(report, one)] for report in outs]
        ways = product(*([*fitting, -1] for fitting in choices))
        return max(self._weigh(dark, silence_free, list(zip(way, outs, strict=True))) for way in ways)

    def _weigh(self, dark: History, silence_free: frozenset[int], laid: list[tuple[int, Report]]) -> int:
        """One way to lay the reports that say *out* to intervals (-1: it was false)."""
        false = _waves([one for n, one in laid if n < 0], self._span)
        total = sum(self.laws.false(one.kind, crowded=one in self.crowded) for one in false)
        for n, interval in enumerate(dark):
            mine = [report for place, report in laid if place == n]
            kinds = {report.kind for report in mine}
            total += sum(max(self._said(one, interval) for one in mine if one.kind == kind) for kind in kinds)
            if not kinds & ANSWERS and interval[0] not in silence_free:
                total += self.no_gasp(interval)
            total += self._return(dark, n, noticed="last_gasp" in kinds)
        return total + self._unprompted(dark)

    @property
    def _span(self) -> int:
        return round(self.laws.parameters.coherence_seconds * SECOND)

    def _within(self, report: Report, interval: Interval) -> bool:
        return interval[0] - self.laws.tolerance <= report.observed_at <= interval[1] + self.laws.tolerance

    def _said(self, report: Report, interval: Interval) -> int:
        """A report that says *out* of a point that was dark; never less likely than a false one."""
        if report.kind != "last_gasp":
            said = log(getattr(self.laws.parameters.report, report.kind))
        elif self.meter is None:
            said = log(self.laws.parameters.delivery)
        else:
            said = log(sum(part * rate * noticed for part, rate, noticed in self._gasps(interval)))
            said += self.laws.misfit((report.observed_at - interval[0]) / SECOND)
        return max(said, self.laws.false(report.kind, crowded=report in self.crowded))

    def _gasps(self, interval: Interval) -> Iterator[tuple[float, float, float]]:
        """Share of the meters, delivery, and chance to have noticed the interval, by source."""
        assert self.meter is not None
        for name, source in self.laws.parameters.sources.items():
            lasted = (interval[1] - interval[0]) / SECOND
            noticed = 1.0 if interval[1] == NEVER else share(source.hold_off, lasted)
            yield source.share, self.meter.gasps[name], noticed

    def no_gasp(self, interval: Interval) -> int:
        """No last gasp of a dark interval by now: 1 - p P(hold-off <= its length) F."""
        if self.meter is None:
            return 0
        seconds = (self.now - interval[0]) / SECOND
        arrived = [share(source.gasp, seconds) for source in self.laws.parameters.sources.values()]
        gasps = zip(self._gasps(interval), arrived, strict=True)
        return log(1 - sum(part * rate * noticed * here for (part, rate, noticed), here in gasps))

    def _ons(self, first: float, last: float) -> list[Report]:
        ons = [one for one in self.reports if one.kind not in OUT | SAYS_NOTHING]
        return [one for one in ons if first < one.observed_at < last]

    def _return(self, dark: History, n: int, *, noticed: bool) -> int:
        """What was said of the end of the n-th interval, and *on* within it."""
        first, last = dark[n]
        wrong = self._ons(first + self.laws.tolerance, last - self.laws.tolerance)
        total = self.laws.false_on(crowded=bool(self.crowded.intersection(wrong))) if wrong else 0
        if last == NEVER or self.meter is None:
            return total
        next_loss = dark[n + 1][0] if n + 1 < len(dark) else NEVER
        ons = self._ons(last - self.laws.tolerance - 1, next_loss + self.laws.tolerance + 1)
        said = [self._misfit(one, last) for one in ons if one.kind != "power_back"]
        if said:
            return total + log(self.meter.returns * self._notices(dark[n], NEVER, noticed=noticed)) + max(said)
        seconds = min(self.now, next_loss) - last
        return total + log(1 - self.meter.returns * self._notices(dark[n], seconds, noticed=noticed))

    def _misfit(self, on: Report, back_at: int) -> int:
        """A restoration message is stamped with the return of power; other answers come at any time."""
        return self.laws.return_misfit((on.observed_at - back_at) / SECOND) if on.kind == "power_restored" else 0

    def _notices(self, interval: Interval, elapsed: int, *, noticed: bool) -> float:
        """Share of the meters that noticed the interval and whose restoration message is here after so long."""
        lasted = (interval[1] - interval[0]) / SECOND
        return sum(
            source.share
            * (1.0 if noticed else share(source.hold_off, lasted))
            * (1.0 if elapsed == NEVER else share(source.restored, elapsed / SECOND))
            for source in self.laws.parameters.sources.values()
        )

    def _unprompted(self, dark: History) -> int:
        """Restoration messages before anything was lost."""
        until = min((last for _, last in dark), default=NEVER) - self.laws.tolerance
        early = [one for one in self._ons(-NEVER, until) if one.kind == "power_restored"]
        early = [one for one in early if not any(a + self.laws.tolerance < one.observed_at for a, _ in dark)]
        return round(self.laws.unprompted_return * 4096) if early else 0


def _waves(reports: Sequence[Report], span: int) -> Iterator[Report]:
    """The first of each wave of false reports: those of one kind within a coherence window are one."""
    first: dict[str, int] = {}
    for report in reports:
        if report.kind not in first or report.observed_at - first[report.kind] > span:
            first[report.kind] = report.observed_at
            yield report
