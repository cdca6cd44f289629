"""The cases behind a score: what was missed, what was wrong, who was told what, for a closer look."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from models.times.iso8601 import format_time
from simulator.course import NEVER
from simulator.scoring.pairing.matching import UNMATCHED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.scoring.score import Score


def details(found: Score) -> dict[str, Any]:
    """Return lists of all cases that cost something; JSON types only."""
    faults, matches, momentaries = found.truth.faults, found.matches, found.momentaries
    missed = faults.counted & (matches.counted == UNMATCHED)
    missed_services = faults.services & (matches.services == UNMATCHED)
    return {
        "missed": [
            {**_fault(found, n), "set_aside": _set_aside(found, n), "cause": found.missed_causes[n]}
            for n in np.flatnonzero(missed).tolist()
        ],
        "wrong": [
            {**_outage(found, n), "cause": found.wrong_causes[n]} for n in np.flatnonzero(matches.wrong).tolist()
        ],
        "right": [
            {
                "fault_id": faults.lines[n].fault_id,
                "outage_id": found.output.outages.ids[matches.counted[n]],
                "detection_seconds": _seconds(found.detection.get(n)),
                "half_covered_seconds": _seconds(found.coverage.get(n)),
                "sustained_seconds": _seconds(found.sustained[n]),
            }
            for n in np.flatnonzero(matches.counted != UNMATCHED).tolist()
        ],
        "missed_services": [_fault(found, n) for n in np.flatnonzero(missed_services).tolist()],
        "wrong_services": [_outage(found, n) for n in np.flatnonzero(matches.wrong_services).tolist()],
        "reported_sustained": [_fault(found, n) for n in momentaries.reported_sustained],
        "near_border_reported_sustained": [_fault(found, n) for n in momentaries.border_reported_sustained],
        "told_while_out": list(_told_while_out(found)),
        "not_told": list(_not_told(found)),
        "confidence": list(_judgements(found)),
        "violations": found.violations,
    }


def _fault(found: Score, fault: int) -> dict[str, Any]:
    faults = found.truth.faults
    line = faults.lines[fault]
    return {
        "fault_id": line.fault_id,
        "kind": line.kind,
        "device_id": line.device_id,
        "usage_point_id": line.usage_point_id,
        "customers": line.customers,
        "opened_at": line.opened_at,
        "closed_at": line.closed_at,
        "nested_in": line.nested_in,
    }


def _set_aside(found: Score, fault: int) -> str | None:
    """Name the outage that spoke of a missed fault and was merged, cancelled or momentary in the end."""
    outage = found.matches.set_aside[fault]
    return None if outage == UNMATCHED else found.output.outages.ids[outage]


def _outage(found: Score, outage: int) -> dict[str, Any]:
    outages, revisions = found.output.outages, found.output.revisions
    line = revisions.lines[revisions.last[outage]]
    return {
        "outage_id": line.outage_id,
        "status": line.status,
        "device_id": line.device_id,
        "device_kind": line.device_kind,
        "customers": line.customers_affected,
        "detected_at": format_time(int(outages.detected_at[outage])),
        "started_at": line.started_at,
        "restored_at": line.restored_at,
    }


def _told_while_out(found: Score) -> Iterable[dict[str, Any]]:
    told, out, interrupted = found.told, found.while_out, found.truth.interrupted
    interruption = interrupted.at(told.point[out.rows], told.told_at[out.rows])
    cause = {int(n): name for name, rows in out.by_cause().items() for n in np.flatnonzero(rows)}
    for n, row in enumerate(out.rows.tolist()):
        yield {
            "usage_point_id": found.network.point_ids[int(told.point[row])],
            "event_id": found.output.restorations.lines[told.record[row]].event_id,
            "told_at": format_time(int(told.told_at[row])),
            "restored_at": format_time(int(told.restored_at[row])),
            "out_at": _time(interrupted.out_at[interruption[n]]),
            "back_at": _time(interrupted.back_at[interruption[n]]),
            "cause": cause[n],
            "false_on": bool(out.false_on[n]),
            "own_report": bool(out.own_report[n]),
        }


def _judgements(found: Score) -> Iterable[dict[str, Any]]:
    """List what the calibration is made of, so that scores can be pooled."""
    judged = found.judgements
    columns = judged.confidence.tolist(), judged.right.tolist(), judged.confirmed.tolist()
    for confidence, right, confirmed in zip(*columns, strict=True):
        yield {"confidence": confidence, "right": right, "confirmed": confirmed}


def _not_told(found: Score) -> Iterable[dict[str, Any]]:
    interrupted = found.truth.interrupted
    for row in found.back.interruption[~found.back.in_time].tolist():
        yield {
            "usage_point_id": found.network.point_ids[int(interrupted.point[row])],
            "out_at": _time(interrupted.out_at[row]),
            "back_at": _time(interrupted.back_at[row]),
        }


def _time(at: np.int64) -> str | None:
    return format_time(int(at)) if at < NEVER else None


def _seconds(delay: float | None) -> float | None:
    return None if delay is None or delay == inf else delay
