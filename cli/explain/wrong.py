"""The costliest errors of a score, each with the rule that made it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cli.explain.story import Circumstance, Story, decision_document, place_of
from models.times.iso8601 import parse_time
from simulator.scoring.details import details

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataflows.outages.tracing import Traced
    from models.outages.state.trace import Decision
    from simulator.scoring.score import Score

MINUTE_MS: Final = 60_000
LONGEST_DIP_MS: Final = 5 * MINUTE_MS
HELD_WITHIN_MS: Final = 10 * MINUTE_MS
CAUSES: Final = (
    *("second", "after its own end", "right place", "below an open one", "dip", "after a closing above"),
    *("fault elsewhere", "set aside", "held from above", "device-closed", "false on", "one report"),
    *("nothing", "reports"),
)
"""Kinds of circumstances, the one that says most first."""
SET_ASIDE_BY: Final = frozenset({"repaired", "merged", "not-found", "ended"})
TAKES: Final = frozenset({"opened", "moved", "dark-branch"})
CLOSINGS: Final = frozenset({"device-closed"})


@dataclass(frozen=True, slots=True)
class Wrong:
    """One error: what it is, its customer-minutes, the outage, and what explains it."""

    what: str
    """`wrong device`, `wrong service`, `missed` or `told while out`."""
    cost: float
    outage_id: str | None
    place: str
    decision: Decision | None
    circumstances: list[Circumstance]

    @property
    def rule(self) -> str:
        """The rule that made it."""
        return self.decision.rule if self.decision else "none"

    @property
    def cause(self) -> str:
        """The circumstance that says most."""
        kinds = {one.kind for one in self.circumstances}
        return next((kind for kind in CAUSES if kind in kinds), "no circumstance")

    def document(self) -> dict[str, Any]:
        """In JSON types."""
        return {
            "what": self.what,
            "customer_minutes": round(self.cost, 1),
            "outage_id": self.outage_id,
            "place": self.place,
            "rule": self.rule,
            "cause": self.cause,
            "circumstances": [one._asdict() for one in self.circumstances],
            "decision": decision_document(self.decision) if self.decision else None,
        }


def costliest(found: Score, traced: Traced, number: int) -> list[Wrong]:
    """The errors that cost most, dearest first."""
    cases, ends_at = details(found), found.evidence.ends_at
    errors = [
        *(_misplaced(found, traced, "wrong device", one, ends_at) for one in cases["wrong"]),
        *(_misplaced(found, traced, "wrong service", one, ends_at) for one in cases["wrong_services"]),
        *(_missed(traced, one, ends_at) for one in cases["missed"]),
        *_told_while_out(found, traced, cases["told_while_out"], ends_at),
    ]
    return sorted(errors, key=lambda one: (-one.cost, one.what, one.place, one.outage_id or ""))[:number]


def _minutes(since: str, until: str | None, ends_at: int) -> float:
    return max(0, (parse_time(until) if until else ends_at) - parse_time(since)) / MINUTE_MS


def _misplaced(found: Score, traced: Traced, what: str, outage: dict[str, Any], ends_at: int) -> Wrong:
    story = Story(traced, outage["outage_id"])
    deed = story.deed()
    cost = outage["customers"] * _minutes(outage["started_at"], outage["restored_at"], ends_at)
    circumstances = [_truth_there(found, outage, deed), *story.circumstances(), *_by_the_score(outage)]
    return Wrong(what, cost, outage["outage_id"], outage["device_id"], deed, circumstances)


def _by_the_score(case: dict[str, Any]) -> list[Circumstance]:
    return [Circumstance("score", f"the score calls it {case['cause']}")] if "cause" in case else []


def _truth_there(found: Score, outage: dict[str, Any], deed: Decision | None) -> Circumstance:
    """The fault at the same place whose time overlaps the outage's; else what happened around as it was placed."""
    mine = place_of(found.network, outage["device_id"]).points
    since, until = parse_time(outage["started_at"]), outage["restored_at"]
    placed, near = deed.started_at if deed else since, [Circumstance("nothing", "the truth has nothing there")]
    for line in found.truth.faults.lines:
        opened_at = parse_time(line.opened_at)
        closed_at = parse_time(line.closed_at) if line.closed_at else found.evidence.ends_at
        place = line.device_id or line.usage_point_id or ""
        points = place_of(found.network, place).points
        if points == mine and opened_at <= (parse_time(until) if until else opened_at) and closed_at > since:
            text = f"the truth has {line.fault_id} there, opened {(since - opened_at) / 1000:+.0f} s before its start"
            return Circumstance("right place", text)
        if points[0] < mine[1] and mine[0] < points[1] and abs(opened_at - placed) <= 2 * MINUTE_MS:
            kind = "dip" if closed_at - opened_at <= LONGEST_DIP_MS else "fault elsewhere"
            text = f"the truth has {line.fault_id} at {place}, for {(closed_at - opened_at) / 1000:.1f} s"
            near.append(Circumstance(kind, text))
    return min(near, key=lambda one: (CAUSES.index(one.kind), one.text))


def _missed(traced: Traced, fault: dict[str, Any], ends_at: int) -> Wrong:
    cost = fault["customers"] * _minutes(fault["opened_at"], fault["closed_at"], ends_at)
    place, name = fault["device_id"] or fault["usage_point_id"], fault["set_aside"]
    ending = next((one for one in reversed(Story(traced, name).decisions) if one.rule in SET_ASIDE_BY), None)
    if name and ending:
        text = f"{fault['fault_id']} was spoken of by {name}"
        return Wrong("missed", cost, name, place, ending, [Circumstance("set aside", text), *_by_the_score(fault)])
    held = _held_then(traced, place, parse_time(fault["opened_at"]))
    text = f"{fault['fault_id']}: no outage there" + (f", but at {held.place}" if held else "")
    why = Circumstance("held from above" if held else "nothing", text)
    return Wrong("missed", cost, held.outage_id if held else None, place, held, [why, *_by_the_score(fault)])


def _held_then(traced: Traced, place: str, at: int) -> Decision | None:
    """The first decision after a fault that gave its customers to an outage at their device or above."""
    first, last = place_of(traced.network, place).points
    for one in traced.decisions:
        if at <= one.at <= at + HELD_WITHIN_MS and one.rule in TAKES:
            span = place_of(traced.network, one.place).points
            if span[0] <= first and last <= span[1]:
                return one
    return None


def _told_while_out(found: Score, traced: Traced, rows: list[dict[str, Any]], ends_at: int) -> Iterator[Wrong]:
    """Customers who were told that power is back while it was not, by record."""
    by_record: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_record[row["event_id"]].append(row)
    customers = dict(zip(found.network.point_ids, found.network.customers.tolist(), strict=True))
    for event_id, told in by_record.items():
        outage_id, _, _, basis = event_id.split(":")
        rule, at = "restored" if basis == "confirmed" else "restored-inferred", parse_time(told[0]["told_at"])
        decisions = [one for one in Story(traced, outage_id).decisions if one.at <= at]
        decision = next((one for one in reversed(decisions) if one.rule == rule), None)
        minutes = (customers[one["usage_point_id"]] * _minutes(one["told_at"], one["back_at"], ends_at) for one in told)
        false = sum(row["false_on"] for row in told)
        said = f"{len(told)} points, {false} after a false on of their own"
        circumstances = [*_closing_before(decisions), Circumstance("false on" if false else "silent", said)]
        yield Wrong("told while out", sum(minutes), outage_id, told[0]["usage_point_id"], decision, circumstances)


def _closing_before(decisions: list[Decision]) -> Iterator[Circumstance]:
    """What the outage took for a closing, last."""
    for one in [one for one in decisions if one.rule in CLOSINGS][-1:]:
        text = f"{one.rule} {one.other or one.place}: {one.heard.on} on, {one.heard.silent} silent"
        yield Circumstance(one.rule, text + (f"; {one.device_fact}" if one.device_fact else ""))
