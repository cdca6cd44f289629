"""What the oracle hears: reports and positions, put in order by itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from models.evidence.kinds import EVIDENCE_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.outages.weights.parameters import Parameters

SAYS_OUT = {"last_gasp", "ping_off", "inferred_outage", "no_power", "partial_power"}
SAYS_NOTHING = {"removed", "hazard"}
COMMAND = 60_000
"""A disconnection or an exchange of the meter explains what was reported within this many milliseconds of it."""


class Report(NamedTuple):
    """What was said of a usage point, milliseconds."""

    point: int
    kind: str
    observed_at: int


class Position(NamedTuple):
    """What SCADA said of a device."""

    device: int
    position: str
    quality: str
    observed_at: int


@dataclass
class Word:
    """What remains of a point's reports once they are put in order."""

    kinds: frozenset[str] = frozenset()
    """Kinds of the last run of "out"; empty where the last word is "on"."""
    out_at: int = 0
    on_at: float = -math.inf
    silenced: bool = False
    """The meter is removed."""


def word_of(reports: Iterable[Report], coherence_ms: int) -> Word:
    """Order the reports of one point: "on" ends a run of "out", so does a gap beyond the coherence window."""
    run: list[Report] = []
    explained_until = on_at = -math.inf
    silenced = False
    for report in sorted(reports, key=lambda one: (one.observed_at, EVIDENCE_KINDS.index(one.kind))):
        at = report.observed_at
        if report.kind in {"disconnected", "removed"}:
            explained_until = max(explained_until, at + COMMAND)
            if run and at - run[-1].observed_at <= COMMAND:
                run = []
        if report.kind in {"removed", "installed"}:
            silenced = report.kind == "removed"
        if report.kind in SAYS_OUT:
            if at > max(on_at, explained_until):
                run = [report] if run and at - run[-1].observed_at > coherence_ms else [*run, report]
        elif report.kind not in SAYS_NOTHING:
            on_at, run = at, []
    return Word(frozenset(one.kind for one in run), run[0].observed_at if run else 0, on_at, silenced)


@dataclass
class Telemetry:
    """What SCADA makes of a device: by how many nats it is open, since when, or when it closed for good."""

    nats: float
    open_since: int | None = None
    closed_at: int | None = None


def telemetry_of(positions: Iterable[Position], parameters: Parameters, now: int) -> Telemetry | None:
    """Openings of one instant are one run; a closing ends it once it has lasted; bad quality says nothing."""
    ranks = {"good": 1, "uncertain": 0}
    believed = [one for one in positions if one.quality in ranks]
    believed.sort(key=lambda one: (one.observed_at, ranks[one.quality], one.position == "closed"))
    if not believed:
        return None
    last = believed[-1]
    nats = parameters.scada_good if last.quality == "good" else parameters.scada_uncertain
    since = next((one.observed_at for one in believed if one.position == "open"), None)
    if last.position == "closed" and now - last.observed_at >= parameters.scada_hold_seconds * 1000:
        return Telemetry(-nats, None, None if since is None else last.observed_at)
    return Telemetry(-nats if since is None else nats, since)
