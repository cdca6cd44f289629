"""The score of one replay against the truth: all its figures, and the cases behind them.

Read in this order: `matching` (which outage speaks of which fault), `detection`, `curves`, `momentary`, `told` and
`restored`, `violations`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.times.iso8601 import format_time
from simulator.scoring.curves import MINUTE_MS, Curves, draw_curves
from simulator.scoring.detection import detection_delays, percentile, sustained_delays
from simulator.scoring.evidence import read_evidence
from simulator.scoring.matching import UNMATCHED, match
from simulator.scoring.momentary import Momentaries, judge_momentaries
from simulator.scoring.output import read_output
from simulator.scoring.restored import Back, ToldWhileOut, customers_of, told_in_time, told_while_out
from simulator.scoring.told import Told, who_was_told
from simulator.scoring.truth import read_truth
from simulator.scoring.violations import find_violations

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.scoring.evidence import Evidence
    from simulator.scoring.output import Outages, Output
    from simulator.scoring.truth import Faults, Truth


@dataclass(frozen=True, slots=True)
class Matches:
    """For each fault the number of its outage, -1 without one."""

    counted: NDArray[np.int64]
    """Sustained faults and planned work of devices, with outages of devices."""
    services: NDArray[np.int64]
    """Sustained single services, with what is left."""
    set_aside: NDArray[np.int64]
    """Counted faults that were missed, with outages that were merged, cancelled or momentary in the end."""
    others: NDArray[np.int64]
    """Faults that do not count, with what is left then: those outages are neither right nor wrong."""
    wrong: NDArray[np.bool_]
    """Outages of devices that match nothing."""
    wrong_services: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Score:
    """What was found, by the numbers of faults, outages and records."""

    network: Network
    truth: Truth
    evidence: Evidence
    output: Output
    matches: Matches
    curves: Curves
    detection: dict[int, float]
    sustained: dict[int, float]
    momentaries: Momentaries
    told: Told
    while_out: ToldWhileOut
    back: Back
    violations: dict[str, list[str]]


def score(network: Network, truth_folder: Path, output_folder: Path) -> Score:
    """Score a replay's output against the folder that the simulator wrote. Raises `FaultsError`."""
    truth = read_truth(truth_folder, network)
    output = read_output(output_folder, network)
    return judge(network, truth, read_evidence(truth_folder, network), output)


def judge(network: Network, truth: Truth, evidence: Evidence, output: Output) -> Score:
    """Score an output against the truth."""
    faults, outages = truth.faults, output.outages
    matches = match_all(faults, outages)
    told = who_was_told(network, output, evidence)
    lasting = np.concatenate([matches.counted, matches.services, matches.others[~faults.momentary]])
    return Score(
        network=network,
        truth=truth,
        evidence=evidence,
        output=output,
        matches=matches,
        curves=draw_curves(network, truth.interrupted, output, evidence.ends_at),
        detection=detection_delays(network, faults, outages, matches.counted, evidence),
        sustained=sustained_delays(faults, outages, matches.counted),
        momentaries=judge_momentaries(network, faults, outages, lasting),
        told=told,
        while_out=told_while_out(told, truth.interrupted, evidence),
        back=told_in_time(told, truth.interrupted, evidence.ends_at),
        violations=find_violations(network, output),
    )


def match_all(faults: Faults, outages: Outages) -> Matches:
    """Match faults that count first, then single services, then the rest, each with the outages left over."""
    left = outages.judged
    counted = match(faults, outages, faults.counted, left & ~outages.service)
    missed = faults.counted & (counted == UNMATCHED)
    set_aside = match(faults, outages, missed, ~outages.judged & ~outages.service)
    left = _without(left, counted)
    services = match(faults, outages, faults.services, left)
    left = _without(left, services)
    others = match(faults, outages, ~faults.counted & ~faults.services, left)
    left = _without(left, others)
    return Matches(counted, services, set_aside, others, left & ~outages.service, left & outages.service)


def _without(left: NDArray[np.bool_], matched: NDArray[np.int64]) -> NDArray[np.bool_]:
    left = left.copy()
    left[matched[matched != UNMATCHED]] = False
    return left


def figures(found: Score) -> dict[str, Any]:
    """Return every figure of the score under its name; JSON types only, null is infinite or undefined."""
    faults, matches = found.truth.faults, found.matches
    return {
        "devices": {
            **_shares(faults.counted, matches.counted, matches.wrong),
            "missed_but_set_aside": int((matches.set_aside != UNMATCHED).sum()),
        },
        "services": _shares(faults.services, matches.services, matches.wrong_services),
        "outages": len(found.output.outages),
        "customers_out": {
            "minutes": len(found.curves.truth),
            "peak": round(found.curves.peak()),
            "corrected": _curve_error(found.curves, found.curves.corrected),
            "live": _curve_error(found.curves, found.curves.live),
        },
        "detection_seconds": _delays(found.detection),
        "sustained_seconds": _delays(found.sustained),
        "momentary": {
            "faults": len(found.momentaries.clear),
            "reported_sustained": len(found.momentaries.reported_sustained),
            "near_border": len(found.momentaries.border),
            "near_border_reported_sustained": len(found.momentaries.border_reported_sustained),
        },
        "restored": _restored(found),
        "violations": {
            "total": sum(map(len, found.violations.values())),
            **{rule: len(events) for rule, events in found.violations.items()},
        },
    }


def _shares(counted: NDArray[np.bool_], matched: NDArray[np.int64], wrong: NDArray[np.bool_]) -> dict[str, Any]:
    right = int((matched != UNMATCHED).sum())
    real, said = int(counted.sum()), right + int(wrong.sum())
    return {
        "faults": real,
        "right": right,
        "missed": real - right,
        "wrong": said - right,
        "precision": right / said if said else None,
        "recall": right / real if real else None,
        "f1": 2 * right / (real + said) if real + said else None,
    }


def _curve_error(curves: Curves, curve: NDArray[np.int64]) -> dict[str, Any]:
    errors = curves.errors(curve)
    worst = int(errors.argmax())
    return {
        "error": float(errors[worst]),
        "error_at": format_time(curves.starts_at + worst * MINUTE_MS),
        "customer_minutes": curves.customer_minutes(curve),
    }


def _delays(delays: dict[int, float]) -> dict[str, Any]:
    values = list(delays.values())
    never = sum(value == float("inf") for value in values)
    return {"p50": percentile(values, 0.5), "p99": percentile(values, 0.99), "never": never, "faults": len(values)}


def _restored(found: Score) -> dict[str, Any]:
    network, told, out, back = found.network, found.told, found.while_out, found.back
    count = customers_of(network, told.point)
    wrong = told.point[out.rows]
    while_out = customers_of(network, wrong)
    returned = found.truth.interrupted.point[back.interruption]
    ended = customers_of(network, returned)
    in_time = customers_of(network, returned[back.in_time])
    return {
        "told": count,
        "told_while_out": while_out,
        "told_while_out_share": while_out / count if count else None,
        "told_while_out_after_false_on": customers_of(network, wrong[out.false_on]),
        "told_while_out_after_own_report": customers_of(network, wrong[out.own_report]),
        "told_while_out_again": customers_of(network, wrong[out.out_again]),
        "unsure_records": told.unsure_records,
        "unsure_customers": told.unsure_customers,
        "back": ended,
        "told_within_30_minutes": in_time,
        "told_within_30_minutes_share": in_time / ended if ended else None,
    }
