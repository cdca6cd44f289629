"""Figures over many snapshots of one network, model file and delivery rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.accuracy.case import run_case
from models.outages.weights.parameters import FalseReportRates, OpeningRates, Parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from benchmarks.accuracy.case import Heard, Outcome, Utility

FALSE_GASPS = 0.001
"""Share of meters, in the one window that a snapshot lasts."""


@dataclass(frozen=True)
class Figures:
    """Over all storms; what is short is the worst storm's."""

    cases: int
    f1_at_once: float
    f1_settled: float
    f1_at_last_line: float


def measure(utility: Utility, parameters: Parameters, seeds: Iterable[int], faults: int) -> Figures:
    """Run a storm a seed."""
    outcomes = [run_case(utility, parameters, seed, faults) for seed in seeds]
    return Figures(
        cases=len(outcomes),
        f1_at_once=_f1(outcomes, lambda outcome: outcome.at_once),
        f1_settled=_f1(outcomes, lambda outcome: outcome.settled),
        f1_at_last_line=_f1(outcomes, lambda outcome: outcome.at_last_line),
    )


def _f1(outcomes: Sequence[Outcome], at: Callable[[Outcome], Heard]) -> float:
    """F1 over the device classes of all storms."""
    right = sum(at(outcome).right for outcome in outcomes)
    return 2 * right / sum(at(outcome).named + outcome.faults for outcome in outcomes)


def default_model(_: Utility, delivery: float, __: int) -> Parameters:
    """The model file as it is, which expects a storm's rates: a twentieth of a fault where the snapshot has twenty."""
    return Parameters(delivery=delivery)


def fitted_model(utility: Utility, delivery: float, faults: int) -> Parameters:
    """A model file with the rates at which the snapshot was drawn, even over the classes."""
    default = Parameters(delivery=delivery)
    hours = default.coherence_seconds / 3600
    opening = dict.fromkeys(OpeningRates.model_fields, faults / utility.count_classes() / hours)
    return Parameters(
        delivery=delivery,
        opening=OpeningRates(**opening | {"service": default.opening.service}),
        false_report=FalseReportRates(last_gasp=FALSE_GASPS / hours),
    )


MODELS = {"default": default_model, "fitted": fitted_model}
