"""What comes from one system on its way to the queue: read, dated, named, freed of repeats, counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.connectors.clock import now_ms, now_us
from models.telemetry.conditions import Condition, ConditionBook, report_condition
from models.telemetry.debounce import Debounce
from models.telemetry.readings import UnfitError
from models.telemetry.reports import Report, Sample, report_gap, report_unfit, report_value
from models.telemetry.source_times import FUTURE_US
from models.telemetry.status_codes import is_gone, overflowed, without_overflow

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from adapters.connectors.report_queue import ReportQueue
    from models.telemetry.points import Point

Seen = tuple[int | None, int, object]
"""Time, status and value: what makes a value another one."""
OVERFLOW: Final = "the server's queue of the node was full"
_MS: Final = 1000


class Intake:
    """One system's values and alarms. Used by the connector's thread alone, its numbers may be read by any."""

    def __init__(
        self, name: str, points: Sequence[Point], queue: ReportQueue, counts: Counter[str], future_us: int = FUTURE_US
    ) -> None:
        self._name, self._queue, self._counts, self._future = name, queue, counts, future_us
        self.points = [point for point in points if point.kind != "alarm"]
        """Followed values; a handle is a place here."""
        self.alarm_points = {point.node_id: point for point in points if point.kind == "alarm"}
        self.book = ConditionBook()
        self.value_at: int | None = None
        """When a value or an alarm last came, milliseconds."""
        self.lag_us: int | None = None
        self.gone: set[int] = set()
        """Handles of nodes that the server does not know."""
        self.unfit: dict[int, str] = {}
        """By handle, why its values do not read."""
        self._last: dict[int, Seen] = {}
        self._suspect: dict[int, Seen] = {}
        self._known_at: dict[int, int] = {}
        self._debounce: Debounce[tuple[int, Report, int]] = Debounce()

    def values(self, samples: Iterable[tuple[int, Sample]], counted: str = "value") -> None:
        """Take values by their handles."""
        for handle, sample in samples:
            self._value(handle, sample, counted)

    def states(self, samples: Iterable[tuple[int, Sample]]) -> None:
        """Take states that were read beside what is published; a later time alone says nothing new."""
        for handle, sample in samples:
            if self._last.get(handle, (None,))[1:] == _seen(sample)[1:]:
                self._counts["repeat"] += 1
            else:
                self._value(handle, sample, "value")

    def compare(self, samples: Iterable[tuple[int, Sample]]) -> None:
        """Compare what was read with what was reported: what differs twice in the same way has been missed.

        Once only may be on its way. A later time alone is no change: some servers set it at each scan.
        """
        for handle, sample in samples:
            seen = _seen(sample)
            if is_gone(sample.status):
                self._value(handle, sample, "value")
            elif self._last.get(handle, (None,))[1:] == seen[1:]:
                self._suspect.pop(handle, None)
            elif self._suspect.get(handle) == seen:
                self._counts["missed"] += 1
                self._value(handle, sample, "value")
            else:
                self._suspect[handle] = seen

    def condition(self, condition: Condition) -> None:
        """Take the state of a condition."""
        point = self.alarm_points.get(condition.condition_id) or self.alarm_points.get(condition.source_node)
        if point is None:
            self._counts["unmapped_alarm"] += 1
            return
        if self.book.take(condition):
            self._alarm(point, condition)
        else:
            self._counts["repeat"] += 1

    def end_refresh(self) -> None:
        """Clear the conditions that a refresh has not brought."""
        for cleared in self.book.end_refresh(now_us()):
            point = self.alarm_points.get(cleared.condition_id) or self.alarm_points.get(cleared.source_node)
            if point is not None:
                self._alarm(point, cleared)

    def gaps_but(self, answered: AbstractSet[int], begin: int, end: int, why: str) -> None:
        """Declare a gap for all devices but those of which all values (`answered`, by handle) are known."""
        unfilled = {point.device_id for handle, point in enumerate(self.points) if handle not in answered}
        unfilled |= {point.device_id for point in self.alarm_points.values()}
        self.gaps(begin, end, why, sorted(unfilled))

    def gaps(self, begin: int, end: int, why: str, devices: Iterable[str]) -> None:
        """Declare that nothing was heard of devices from `begin` to `end`, milliseconds."""
        for device in devices:
            self._counts["gap"] += 1
            self._queue.put(
                self._name, f"{self._name} gap {device}", report_gap(self._name, device, begin, end, why), end
            )

    def tick(self) -> None:
        """Pass on positions that have lasted."""
        for handle, report, at in self._debounce.due(now_ms()):
            self._put(handle, report, at)

    def flush(self) -> None:
        """Pass on what waits: nothing more will come."""
        for handle, report, at in self._debounce.flush():
            self._put(handle, report, at)

    def _value(self, handle: int, sample: Sample, counted: str) -> None:
        point = self.points[handle]
        arrival = sample.arrival // _MS
        (self.gone.add if is_gone(sample.status) else self.gone.discard)(handle)
        if overflowed(sample.status):
            self._counts["server_overflow"] += 1
            self.gaps(self._known_at.get(handle, arrival), arrival, OVERFLOW, [point.device_id])
        self._known_at[handle] = arrival
        seen = _seen(sample)
        if self._last.get(handle) == seen:
            self._counts["repeat"] += 1
            return
        self._watch_time(handle, sample)
        self._last[handle] = seen
        report = self._report(handle, point, sample)
        if report is None:
            return
        self._counts[counted] += 1
        if report.time_by != "source":
            self._counts[f"time_of_{report.time_by}"] += 1
        self._pass_on(handle, point, report, sample, arrival)

    def _report(self, handle: int, point: Point, sample: Sample) -> Report | None:
        try:
            report = report_value(point, sample, self._future)
        except UnfitError as error:
            self._counts["unfit"] += 1
            self.unfit[handle] = f"node {point.node_id}: {error}"
            return report_unfit(point, sample, error)
        self.unfit.pop(handle, None)
        if report is None:
            self._counts["no_value_yet" if sample.value is None else "says_nothing"] += 1
        return report

    def _pass_on(self, handle: int, point: Point, report: Report, sample: Sample, arrival: int) -> None:
        state = sample.value, sample.status >> 30
        held = (handle, report, arrival)
        debounce = point.debounce_ms if point.kind == "position" else 0
        before = self._debounce.suppressed
        for passed in self._debounce.take(point.node_id, state, held, arrival, debounce):
            self._put(*passed)
        self._counts["debounced"] += self._debounce.suppressed - before

    def _put(self, handle: int, report: Report, at: int) -> None:
        self.value_at = at
        self._queue.put(self._name, f"{self._name} {handle}", report, at)

    def _alarm(self, point: Point, condition: Condition) -> None:
        self._counts["alarm"] += 1
        self.value_at = at = condition.arrival // _MS
        self._queue.put(self._name, f"{self._name} {' '.join(condition.key)}", report_condition(point, condition), at)

    def _watch_time(self, handle: int, sample: Sample) -> None:
        before = self._last.get(handle, (None,))[0]
        if sample.source_time is None or before is None:
            return
        self.lag_us = sample.arrival - sample.source_time  # of a change: what is read at first may be of last year
        if sample.source_time < before:
            self._counts["time_back"] += 1


def _seen(sample: Sample) -> Seen:
    return sample.source_time, without_overflow(sample.status), sample.value
