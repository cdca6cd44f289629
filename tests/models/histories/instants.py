"""At which moments something may have changed: SCADA's times, the first report of each burst, a moment after it."""

from __future__ import annotations

from collections.abc import Iterable

from tests.models.histories.evidence import Evidence
from tests.models.histories.laws import SECOND
from tests.models.histories.point_law import OUT, SAYS_NOTHING
from tests.models.histories.zone import Zone

APART = 8 * SECOND
"""Reports further apart than this are of two bursts; nearer to SCADA's time, they are of SCADA's."""
UNSEEN_CLOSING = 1 * SECOND
CALLS = frozenset({"no_power", "partial_power", "hazard", "power_back"})


def found_at(zone: Zone, evidence: Evidence) -> dict[int, frozenset[int]]:
    """Moments by which a node had opened, nobody knows how long before: crews' findings and calls, and whose."""
    found: dict[int, set[int]] = {}
    for finding in evidence.findings:
        found.setdefault(finding.observed_at, set()).add(finding.device)
    for report in evidence.reports:
        if report.kind == "no_power":
            device = zone.feeds[report.point]
            leaves = {device} if not zone.children[device] else set()
            services = {~report.point} & {~point for point in zone.services}
            found.setdefault(report.observed_at, set()).update(leaves | services)
    heard = {one.observed_at for one in evidence.positions} | {
        one.observed_at for one in evidence.reports if one.kind not in CALLS
    }
    return {at: frozenset(nodes) for at, nodes in found.items() if at not in heard}


def instants_of(zone: Zone, evidence: Evidence) -> list[int]:
    """Every moment at which the oracle lets something change."""
    told = {one.observed_at for one in evidence.positions if one.quality != "bad"}
    outs = [one.observed_at for one in evidence.reports if one.kind in OUT - CALLS]
    ons = [one.observed_at for one in evidence.reports if one.kind not in OUT | SAYS_NOTHING | CALLS]
    opened, closed = _bursts(outs, told), _bursts(ons, told)
    dips = {at + UNSEEN_CLOSING for at in opened}
    return sorted(told | opened | closed | dips | set(found_at(zone, evidence)))


def _bursts(times: Iterable[int], told: Iterable[int]) -> set[int]:
    first: set[int] = set()
    last = None
    for at in sorted(times):
        if (last is None or at - last > APART) and not any(abs(at - other) <= APART for other in told):
            first.add(at)
        last = at
    return first
