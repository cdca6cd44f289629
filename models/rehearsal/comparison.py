"""Outages of two runs over the same evidence, matched one to one.

Two outages may be one another's where their times overlap and they share customers, or name the same device. Of all
such pairs those come first that share most of their customers; each outage is in one pair.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from models.times.iso8601 import format_time
from models.times.units import END_OF_TIME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from models.rehearsal.lived_outages import LivedOutage

Verdict = Literal["same", "changed", "renamed", "only_before", "only_after"]
VERDICTS: Final[tuple[Verdict, ...]] = ("same", "changed", "renamed", "only_before", "only_after")


class Compared(NamedTuple):
    """An outage of either run with that of the other one, if it has any."""

    before: LivedOutage | None
    after: LivedOutage | None

    @property
    def verdict(self) -> Verdict:
        """Say what became of it: `changed` is the same device with other times or customers."""
        if self.before is None or self.after is None:
            return "only_before" if self.after is None else "only_after"
        if self.before.device_id != self.after.device_id:
            return "renamed"
        return "same" if self.before.named() == self.after.named() else "changed"

    def document(self) -> dict[str, Any]:
        """Give it in JSON's types."""
        either = self.before or self.after
        zone_id = either.zone_id if either else None
        return {
            "verdict": self.verdict,
            "zone_id": zone_id,
            "before": _document(self.before),
            "after": _document(self.after),
        }


def compare(before: Sequence[LivedOutage], after: Sequence[LivedOutage]) -> list[Compared]:
    """Match the outages of two runs, in order of their beginnings."""
    partner: dict[int, int] = {}
    taken: set[int] = set()
    for _, first, second in sorted(_pairs(before, after)):
        if first not in partner and second not in taken:
            partner[first] = second
            taken.add(second)
    compared = [Compared(one, after[partner[place]] if place in partner else None) for place, one in enumerate(before)]
    compared += [Compared(None, one) for place, one in enumerate(after) if place not in taken]
    return sorted(compared, key=_order)


def count(compared: Iterable[Compared]) -> dict[str, int]:
    """Count the verdicts."""
    counted = Counter(one.verdict for one in compared)
    return {verdict: counted[verdict] for verdict in VERDICTS}


def _pairs(
    before: Sequence[LivedOutage], after: Sequence[LivedOutage]
) -> Iterator[tuple[tuple[float, int, str, str], int, int]]:
    """Give pairs that may be one another's, with what they are ordered by: the most alike first."""
    by_point, by_device = defaultdict(list), defaultdict(list)
    for place, one in enumerate(before):
        by_device[one.device_id].append(place)
        for number in one.points:
            by_point[number].append(place)
    for second, one in enumerate(after):
        shared = Counter(place for number in one.points for place in by_point.get(number, ()))
        shared.update(dict.fromkeys(by_device.get(one.device_id, ()), 0))
        for first, common in shared.items():
            other = before[first]
            if _overlap(other, one):
                alike = common / max(len(other.points | one.points), 1)
                apart = abs(other.started_at - one.started_at)
                yield (-alike, apart, other.outage_id, one.outage_id), first, second


def _overlap(one: LivedOutage, other: LivedOutage) -> bool:
    ends = [END_OF_TIME if each.ended_at is None else each.ended_at for each in (one, other)]
    return one.started_at <= ends[1] and other.started_at <= ends[0]


def _order(one: Compared) -> tuple[int, str]:
    either = one.before or one.after
    return (either.started_at, either.outage_id) if either else (0, "")


def _document(one: LivedOutage | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "outage_id": one.outage_id,
        "device_id": one.device_id,
        "device_kind": one.device_kind,
        "started_at": format_time(one.started_at),
        "ended_at": None if one.ended_at is None else format_time(one.ended_at),
        "customers": one.customers,
    }
