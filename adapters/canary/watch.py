"""What a canary tells its metrics, and answers on /healthz and /readyz."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

from adapters.metrics.registry import Metrics
from adapters.metrics.table import CANARY
from adapters.metrics.tables import canary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.canary.prober import Prober
    from models.canary.exercise import Exercise, Result
    from models.canary.feeders import Feeder

log: Final = logging.getLogger("faultline")


class CanaryWatch:
    """Metrics and health of one canary."""

    def __init__(self, prober: Prober, feeders: Sequence[Feeder], stall_seconds: float) -> None:
        self.metrics = Metrics(CANARY, partitions=1 + max(feeder.partition for feeder in feeders))
        self._prober, self._stall = prober, stall_seconds
        for feeder in feeders:  # from the start: one that never succeeds is as old as the process
            self.metrics.age(canary.SUCCESS_AGE, str(feeder.partition)).since(time.monotonic())
        prober.on_result = self.take

    def take(self, feeder: Feeder, exercise: Exercise, result: Result) -> None:
        """Count what became of an outage."""
        metrics = self.metrics
        metrics.counter(canary.OUTAGES, result.found).inc()
        metrics.counter(canary.RESTORATIONS, result.restored).inc()
        delays = (
            (canary.DETECTION, result.detection),
            (canary.PUBLICATION, result.publication),
            (canary.RESTORATION, result.restoration),
        )
        for row, seconds in delays:
            if seconds is not None:
                metrics.histogram(row).observe(seconds)
        if result.why:
            log.warning("canary: %s in partition %d: %s", exercise.opening.device_id, feeder.partition, result.why)
        else:
            metrics.age(canary.SUCCESS_AGE, str(feeder.partition)).since(time.monotonic())
            seen = exercise.opening.device_id, result.detection, result.restoration
            log.info("canary: %s was found %.1f s after its first message, restored %.1f s after the last", *seen)

    def healthy(self) -> list[str]:
        """Say why the process is to be restarted."""
        return [f"it has not moved for {self.epoch_age():.0f} s"] if self.epoch_age() > self._stall else []

    def ready(self) -> list[str]:
        """It works from the start; whether what it makes is found is told by its metrics."""
        return []

    def epoch_age(self) -> float:
        """Give the seconds since it last moved."""
        return time.monotonic() - self._prober.moved_at
