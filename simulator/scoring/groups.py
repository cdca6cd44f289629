"""Whom an output has out by class of customers and by area, against the truth: in customer-minutes up to the end.

Of each kind the records' own counts are taken, as they were published, and the ledger's interruptions besides.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simulator.scoring.curves import ledger_spans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from models.network.network import Network
    from simulator.scoring.curves import Spans
    from simulator.scoring.reading.output import Output, Revisions
    from simulator.scoring.reading.records import RevisionLine
    from simulator.scoring.reading.truth import Truth

CLASS: Final = "customer_class"


@dataclass(frozen=True, slots=True)
class Groups:
    """Of one kind: customer-milliseconds by the id of the group, in truth, as published, and by the ledger."""

    truth: Mapping[str, int]
    live: Mapping[str, int]
    ledger: Mapping[str, int] | None
    """None where it was not read."""

    def figures(self) -> dict[str, Any]:
        """Give what is off, summed over the groups, as a share of the truth, and the group that is farthest off."""
        off = {name: self.live.get(name, 0) - self.truth.get(name, 0) for name in {*self.live, *self.truth}}
        farthest = max(off, key=lambda name: (abs(off[name]), name), default=None)
        return {
            "groups": len(self.truth),
            "customer_minutes": self._error(self.live),
            "ledger_customer_minutes": None if self.ledger is None else self._error(self.ledger),
            "farthest": farthest if farthest is not None and off[farthest] else None,
        }

    def _error(self, found: Mapping[str, int]) -> float | None:
        error = sum(abs(found.get(name, 0) - self.truth.get(name, 0)) for name in {*found, *self.truth})
        whole = sum(self.truth.values())
        return error / whole if whole else None


def group_customers(network: Network, truth: Truth, output: Output, ends_at: int) -> dict[str, Groups]:
    """Give what was out by class and by each kind of area, up to `ends_at` (ms); only what the network has."""
    interrupted = truth.interrupted.joined(truth.faults.opened_at)
    real = interrupted.point, interrupted.out_at, interrupted.back_at
    told = None if output.ledger is None else ledger_spans(output.ledger, output.outages)
    found = {}
    for kind, names in _names(network):
        ledger = None if told is None else _sums(network, told, names, ends_at)
        live = _published(output.revisions, kind, ends_at)
        found[kind] = Groups(_sums(network, real, names, ends_at), live, ledger)
    return found


def _names(network: Network) -> Iterator[tuple[str, list[str | None]]]:
    """By kind, the id of each group of points; None of no group."""
    if len(network.class_ids):
        yield CLASS, [network.class_ids[code] if code >= 0 else None for code in network.group_class.tolist()]
    starts, areas = network.group_area_start.tolist(), network.group_areas.tolist()
    for kind in range(len(network.area_kind_ids)):
        names: list[str | None] = [None] * len(network.group_class)
        for group in range(len(names)):
            for area in areas[starts[group] : starts[group + 1]]:
                if network.area_kind[area] == kind:
                    names[group] = network.area_ids[area]
        yield network.area_kind_ids[kind], names


def _sums(network: Network, spans: Spans, names: list[str | None], ends_at: int) -> Counter[str]:
    point, out_at, back_at = spans
    lasted = np.maximum(np.minimum(back_at, ends_at) - out_at, 0) * network.customers[point]
    groups = np.zeros(len(names), np.int64)
    np.add.at(groups, network.point_group[point], lasted)
    sums = Counter[str]()
    for name, total in zip(names, groups.tolist(), strict=True):
        if name is not None and total:
            sums[name] += total
    return sums


def _published(revisions: Revisions, kind: str, ends_at: int) -> Counter[str]:
    """Each revision's counts, until the next one of its outage."""
    until = np.full(len(revisions.lines), ends_at, np.int64)
    order = np.argsort(revisions.outage, kind="stable")
    same = revisions.outage[order][1:] == revisions.outage[order][:-1]
    until[order[:-1][same]] = revisions.updated_at[order[1:][same]]
    counts = _of_class if kind == CLASS else _of_areas(kind)
    sums = Counter[str]()
    for line, begin, end in zip(revisions.lines, revisions.updated_at.tolist(), until.tolist(), strict=True):
        for name, customers in counts(line):
            sums[name] += customers * max(0, min(end, ends_at) - begin)
    return Counter({name: total for name, total in sums.items() if total})


def _of_class(line: RevisionLine) -> Iterator[tuple[str, int]]:
    return ((one.customer_class, one.customers_out) for one in line.customers_by_class if one.customer_class)


def _of_areas(kind: str) -> Callable[[RevisionLine], Iterator[tuple[str, int]]]:
    return lambda line: ((area.area_id, area.customers_out) for area in line.areas if area.kind == kind)
