"""The figures of a score, each under its name; `docs/reference/score.md` says what they mean."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from models.times.iso8601 import format_time
from simulator.scoring.calibration import calibration_error
from simulator.scoring.causes import MISSED, WRONG, count_causes
from simulator.scoring.curves import MINUTE_MS
from simulator.scoring.detection import percentile
from simulator.scoring.pairing.matching import UNMATCHED
from simulator.scoring.restoration.restored import customers_of
from simulator.scoring.score import VERSION

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from simulator.scoring.calibration import Judgements
    from simulator.scoring.curves import Curves
    from simulator.scoring.score import Score


def figures(found: Score) -> dict[str, Any]:
    """Return every figure of the score under its name; JSON types only, null is infinite or undefined."""
    faults, matches = found.truth.faults, found.matches
    return {
        "version": VERSION,
        "devices": {
            **_shares(faults.counted, matches.counted, matches.wrong),
            "unreported": len(found.unreported),
            "unreported_missed": sum(int(matches.counted[fault]) == UNMATCHED for fault in found.unreported),
            "missed_but_set_aside": int((matches.set_aside != UNMATCHED).sum()),
            "wrong_by_cause": count_causes(found.wrong_causes, WRONG),
            "missed_by_cause": count_causes(found.missed_causes, MISSED),
        },
        "services": _shares(faults.services, matches.services, matches.wrong_services),
        "planned": _planned(found),
        "outages": _outages(found),
        "confidence": {
            "unconfirmed": _calibration(found.judgements, confirmed=False),
            "confirmed": _calibration(found.judgements, confirmed=True),
        },
        "customers_out": {
            "minutes": len(found.curves.truth),
            "peak": round(found.curves.peak()),
            "corrected": _curve_error(found.curves, found.curves.corrected),
            "live": _curve_error(found.curves, found.curves.live),
            "ledger": None if found.curves.ledger is None else _curve_error(found.curves, found.curves.ledger),
        },
        "groups": {kind: groups.figures() for kind, groups in found.groups.items()},
        "detection_seconds": _delays(found.detection),
        "detection_of_spoken_seconds": _delays(found.spoken),
        "half_covered_seconds": _delays(found.coverage),
        "sustained_seconds": _delays(found.sustained),
        "momentary": {
            "faults": len(found.momentaries.clear),
            "reported_sustained": len(found.momentaries.reported_sustained),
            "near_border": len(found.momentaries.border),
            "near_border_reported_sustained": len(found.momentaries.border_reported_sustained),
        },
        "restored": _restored(found),
        "operators": found.operators,
        "asking": found.asking,
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


def _planned(found: Score) -> dict[str, Any]:
    faults, outages, matches = found.truth.faults, found.output.outages, found.matches
    works = faults.announced & faults.felt
    of_works = matches.others[works]
    of_works = of_works[of_works != UNMATCHED]
    return {
        "works": int(works.sum()),
        "found": len(of_works),
        "said_planned": int(outages.planned[of_works].sum()),
        "faults_said_planned": int(outages.planned[matches.right].sum()),
    }


def _outages(found: Score) -> dict[str, Any]:
    outages, faults = found.output.outages, found.truth.faults
    status = Counter(outages.status)
    ended = status["merged"] + status["cancelled"]
    before = (outages.restored_at <= outages.detected_at) & outages.judged
    return {
        "published": len(outages),
        "per_fault": len(outages) / len(faults) if len(faults) else None,
        "records_per_outage": len(found.output.revisions.lines) / len(outages) if len(outages) else None,
        "merged": status["merged"],
        "cancelled": status["cancelled"],
        "merged_or_cancelled": ended,
        "merged_or_cancelled_share": ended / len(outages) if len(outages) else None,
        "restored_before_detected": int(before.sum()),
    }


def _calibration(judgements: Judgements, *, confirmed: bool) -> dict[str, Any]:
    bins = judgements.bins(confirmed=confirmed)
    return {
        "outages": sum(each.outages for each in bins),
        "ece": calibration_error(bins),
        "bins": [{"outages": each.outages, "confidence": each.confidence, "right": each.right} for each in bins],
    }


def _curve_error(curves: Curves, curve: NDArray[np.int64]) -> dict[str, Any]:
    errors = curves.errors(curve)
    worst = int(errors.argmax())
    return {
        "error": float(errors[worst]),
        "error_at": format_time(curves.starts_at + worst * MINUTE_MS),
        "customer_minutes": curves.customer_minutes(curve),
        "net_customer_minutes": curves.net_customer_minutes(curve),
        "noise": curves.noise(curve),
    }


def _delays(delays: dict[int, float]) -> dict[str, Any]:
    values = list(delays.values())
    never = sum(value == float("inf") for value in values)
    return {
        "p50": percentile(values, 0.5),
        "p99": percentile(values, 0.99),
        "never": never,
        "never_share": never / len(values) if values else None,
        "faults": len(values),
    }


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
        "told_while_out_after_neighbours_false_on": customers_of(network, wrong[out.neighbours_false_on]),
        "told_while_out_after_own_report": customers_of(network, wrong[out.own_report]),
        "told_while_out_again": customers_of(network, wrong[out.out_again]),
        "told_before_anybody_knew": customers_of(network, told.point[out.unforeseen]),
        "told_while_out_by_cause": {
            cause: customers_of(network, wrong[rows]) for cause, rows in out.by_cause().items()
        },
        "unsure_records": told.unsure_records,
        "unsure_customers": told.unsure_customers,
        "back": ended,
        "told_within_30_minutes": in_time,
        "told_within_30_minutes_share": in_time / ended if ended else None,
    }
