"""What is said of many storms together: means over the storms, or shares over all that happened in them."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any, Final

from simulator.scoring.calibration import Judgements, calibration_error
from simulator.scoring.detection import percentile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.storms.storm import Outcome


@dataclass(frozen=True)
class Figure:
    """One column."""

    name: str
    over: Callable[[Sequence[Outcome]], float | None]
    more_is_better: bool = False
    best_at: float = 0.0
    """Where less is better down to a value that is not 0: what lies below it is as bad as what lies above,"""
    none_below: bool = False
    """or is no better and no worse than it."""
    digits: int = 3
    held: bool = True
    """It may not get worse; else it only tells how the others come about."""

    def badness(self, value: float) -> float:
        """Return how bad a value is, in the figure's own unit."""
        if self.more_is_better:
            return -value
        return max(0.0, value - self.best_at) if self.none_below else abs(value - self.best_at)

    def worst(self, runs: Sequence[Outcome]) -> float | None:
        """Return the worst single storm."""
        return max((value for run in runs if (value := self.over([run])) is not None), key=self.badness, default=None)

    def spread(self, runs: Sequence[Outcome]) -> float:
        """Return the standard error over storms: how the figure moves when each is left out in turn (jackknife)."""
        without = [self.over([*runs[:n], *runs[n + 1 :]]) for n in range(len(runs))] if len(runs) > 1 else []
        known = [value for value in without if value is not None]
        if not known:
            return 0.0
        mean = sum(known) / len(known)
        return sqrt((len(known) - 1) / len(known) * sum((value - mean) ** 2 for value in known))


def pick(run: Outcome, path: str, unfinished: Any = None) -> Any:  # noqa: ANN401 (a decoded document)
    """Take a figure of a storm's score by its path; `unfinished` where it did not come to its end."""
    if run.unfinished:
        return unfinished
    shown: Any = run.shown
    for part in path.split("."):
        shown = shown[part]
    return shown


def _mean(path: str, unfinished: float | None = None) -> Callable[[Sequence[Outcome]], float | None]:
    def over(runs: Sequence[Outcome]) -> float | None:
        known = [value for run in runs if (value := pick(run, path, unfinished)) is not None]
        return sum(known) / len(known) if known else None

    return over


def _sum(path: str) -> Callable[[Sequence[Outcome]], float]:
    return lambda runs: float(sum(pick(run, path, 0) for run in runs))


def _share(part: str, whole: str) -> Callable[[Sequence[Outcome]], float | None]:
    def over(runs: Sequence[Outcome]) -> float | None:
        total = _sum(whole)(runs)
        return _sum(part)(runs) / total if total else None

    return over


def _services(runs: Sequence[Outcome]) -> float | None:
    right, wrong, faults = (_sum(f"services.{name}")(runs) for name in ("right", "wrong", "faults"))
    return 2 * right / (right + wrong + faults) if faults else None


def _calibration(*, confirmed: bool) -> Callable[[Sequence[Outcome]], float | None]:
    def over(runs: Sequence[Outcome]) -> float | None:
        return calibration_error(Judgements.pooled([run.judgements for run in runs]).bins(confirmed=confirmed))

    return over


def _median(runs: Sequence[Outcome]) -> float | None:
    return percentile([delay for run in runs for delay in run.spoken], 0.5)


def _half_covered(runs: Sequence[Outcome]) -> float | None:
    return percentile([delay for run in runs for delay in run.covered], 0.5)


def _never(runs: Sequence[Outcome]) -> float | None:
    delays = [delay for run in runs for delay in run.spoken]
    return sum(delay == float("inf") for delay in delays) / len(delays) if delays else None


def _absolute(path: str) -> Callable[[Sequence[Outcome]], float | None]:
    """Take the mean without signs, so that too much here does not make good for too little there."""

    def over(runs: Sequence[Outcome]) -> float | None:
        known = [abs(value) for run in runs if (value := pick(run, path)) is not None]
        return sum(known) / len(known) if known else None

    return over


def _unfinished(runs: Sequence[Outcome]) -> float:
    return float(sum(bool(run.unfinished) for run in runs))


FIGURES: Final = (
    Figure("device F1", _mean("devices.f1", 0.0), more_is_better=True),
    Figure("precision", _mean("devices.precision", 0.0), more_is_better=True, held=False),
    Figure("recall", _mean("devices.recall", 0.0), more_is_better=True, held=False),
    Figure("unreported, of faults", _share("devices.unreported", "devices.faults"), held=False),
    Figure("service F1", _services, more_is_better=True),
    Figure("wrong services", _sum("services.wrong"), digits=0),
    Figure("told while out", _share("restored.told_while_out", "restored.told"), digits=4),
    Figure("after own report", _sum("restored.told_while_out_after_own_report"), digits=0),
    Figure("momentary as sustained", _share("momentary.reported_sustained", "momentary.faults")),
    Figure("ECE", _calibration(confirmed=False)),
    Figure("ECE confirmed", _calibration(confirmed=True)),
    Figure("curve error", _mean("customers_out.corrected.error")),
    Figure("customer-minutes", _mean("customers_out.corrected.customer_minutes")),
    Figure("net, either way", _absolute("customers_out.corrected.net_customer_minutes")),
    Figure("ledger's minutes", _mean("customers_out.ledger.customer_minutes"), held=False),
    Figure("ledger's net (SAIDI)", _absolute("customers_out.ledger.net_customer_minutes"), held=False),
    Figure("noise", _mean("customers_out.live.noise"), best_at=1.0, digits=2),
    Figure("outages a fault", _mean("outages.per_fault"), best_at=1.0, none_below=True, digits=2),
    Figure("records an outage", _mean("outages.records_per_outage"), digits=2, held=False),
    Figure("merged or cancelled", _share("outages.merged_or_cancelled", "outages.published")),
    Figure("detected after, s", _median, digits=1),
    Figure("never, of spoken of", _never),
    Figure("half covered after, s", _half_covered, digits=1),
    Figure("violations", _sum("violations.total"), digits=0),
    Figure("not finished", _unfinished, digits=0),
)
CAUSES: Final = {
    "wrong": "devices.wrong_by_cause",
    "missed": "devices.missed_by_cause",
    "told while out": "restored.told_while_out_by_cause",
}
"""Counts by cause in a score, by what they are called."""


def causes(runs: Sequence[Outcome], path: str) -> dict[str, int]:
    """Add up the counts of each cause."""
    counts = [pick(run, path) for run in runs if not run.unfinished]
    return {name: sum(each[name] for each in counts) for name in (counts[0] if counts else {})}
