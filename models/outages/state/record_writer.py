"""From an outage to the records that others read: `OutageRecord` and `RestorationRecord` as plain dictionaries."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.contracts.outputs.restoration import MOST_USAGE_POINTS
from models.network.network import ALL_PHASES, DEVICE_KINDS, PRIORITIES
from models.outages.context.context import NOTHING
from models.outages.context.places import Places
from models.outages.state.outage import ENDED, Step, add_step
from models.outages.weights.scores import probability
from models.times.iso8601 import format_time as write_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from models.network.network import Network
    from models.outages.state.outage import Outage

ENDED_WITH_POWER: Final = ("restored", "momentary")
"""Statuses with which an outage ends for all of its customers; its last restoration is the full one."""
SCHEMA_VERSION: Final = 1
_WATCHED: Final = frozenset({"cause", "device_id", "evidence", "started_at", "status"})
"""Fields of which the revision that changed them last is known: what operators order may have been overtaken."""
_QUIET: Final = frozenset({"confidence", "started_at", "out_since", "alternatives"})
"""Fields that sharpen with each report: alone they are no news."""


RECENT: Final = 1 << 13
"""Times and places that are written once for many records: revisions repeat them."""

format_time = lru_cache(RECENT)(write_time)


class Writer:
    """Writes the records of one network and organisation."""

    def __init__(self, network: Network, organisation: str) -> None:
        self.network = network
        self.organisation = organisation
        self._places = Places(network)
        self._recent_place = lru_cache(RECENT)(self._place)

    def outage(
        self,
        outage: Outage,
        now: int,
        context: Mapping[str, Any] = NOTHING,
        *,
        degraded: bool = False,
        borne_out: float = 1.0,
    ) -> dict[str, Any]:
        """The next revision of an outage, `sequence` still to come; empty if there is no news.

        `context` are the fields that others say, `borne_out` the share of outages like this one that held so far.
        """
        record = {**self._facts(outage, borne_out), **context, "degraded": degraded}
        last = outage.published
        change = sorted(name for name, value in record.items() if name not in last or last[name] != value)
        if last and _QUIET.issuperset(change):
            return {}
        outage.published = record
        outage.revision += 1
        for name in _WATCHED.intersection(change):
            outage.touched[name] = outage.revision
        return record | {
            "event_id": f"{outage.outage_id}:{outage.revision}",
            "revision": outage.revision,
            "change": change,
            "updated_at": format_time(now),
        }

    def _facts(self, outage: Outage, borne_out: float) -> dict[str, Any]:
        believed = 1.0 if outage.confirmed else borne_out
        return {
            "schema_version": SCHEMA_VERSION,
            "organisation": self.organisation,
            "outage_id": outage.outage_id,
            "status": outage.status,
            **self._recent_place(outage.zone, outage.device, outage.service_point, outage.found_device),
            "supply_device_id": self.network.device_ids[outage.supply] if outage.supply >= 0 else None,
            "evidence": _evidence(outage),
            "confidence": round(probability(outage.posterior) * believed, 4),
            "alternatives": self._alternatives(outage),
            "started_at": format_time(outage.started_at),
            "out_since": format_time(_out_since(outage)),
            "detected_at": _time(outage.detected_at),
            "sustained_at": _time(outage.sustained_at),
            "restored_at": _time(outage.restored_at if outage.status in ENDED else None),
            "customers_affected": outage.affected[0],
            "customers_out": outage.customers_out,
            "customers_restored": outage.restored[0],
            "customers_transferred": outage.transferred[0],
            "restoration_steps": self._steps(outage),
            "priority_customers": dict(zip(PRIORITIES[1:], outage.affected[1:], strict=True)),
            "nested_in": outage.nested_in,
            "merged_into": outage.merged_into,
            "transferred_to": outage.transferred_to,
            "parent_id": outage.parent_id,
            "follows": outage.follows,
            "network_version": self.network.version,
        }

    def steps(self, outage: Outage) -> list[Step]:
        """In which steps customers came back, those of the revision to be written too."""
        steps = outage.steps
        for restored in outage.restorations:
            customers = int(self.network.customers[np.array(restored.points, np.int64)].sum())
            steps = add_step(steps, Step(restored.restored_at, restored.device, customers))
        return steps

    def _steps(self, outage: Outage) -> list[dict[str, Any]]:
        return [
            {
                "at": format_time(step.at),
                "device_id": self._name(step.device, outage.service_point),
                "customers_restored": step.customers,
            }
            for step in self.steps(outage)
        ]

    def _alternatives(self, outage: Outage) -> list[dict[str, Any]]:
        ids = self.network.device_ids
        return [{"device_id": ids[device], "probability": probability(score)} for device, score in outage.alternatives]

    def _place(self, zone: int, device: int, point: int, found: int) -> dict[str, Any]:
        network = self.network
        alone, where = device < 0, self._places.fields(zone, device, point)
        name = self._name(device, point)
        device = int(network.point_device[point]) if alone else device
        feeder = int(network.feeder[device])
        phases = int(network.point_phases[point] if alone else network.device_phases[device])
        zone_id = network.zone_ids[zone]
        return {
            "zone_id": zone_id,
            "substation_id": zone_id,
            "feeder_id": network.feeder_ids[feeder] if feeder >= 0 else None,
            "device_id": name,
            "device_kind": "service" if alone else DEVICE_KINDS[network.device_kind[device]],
            "equivalent_device_ids": [] if alone else equivalents(network, device),
            "found_device_id": network.device_ids[found] if found >= 0 else None,
            "phases_out": phase_letters(phases),
            **where,
        }

    def restorations(self, outage: Outage, now: int) -> Iterator[dict[str, Any]]:
        """The restoration records of the revision just written, `sequence` still to come; large ones in parts."""
        kind = "full" if outage.customers_out == 0 else "partial"
        for restored in sorted(outage.restorations, key=lambda one: one.basis):
            points = np.sort(np.array(restored.points, np.int64))
            for part, first in enumerate(range(0, len(points), MOST_USAGE_POINTS), start=1):
                here = points[first : first + MOST_USAGE_POINTS]
                name = f"{outage.outage_id}:{outage.revision}:{kind}:{restored.basis}"
                yield {
                    "event_id": name if part == 1 else f"{name}:{part}",
                    "schema_version": SCHEMA_VERSION,
                    "organisation": self.organisation,
                    "outage_id": outage.outage_id,
                    "revision": outage.revision,
                    "kind": kind,
                    "basis": restored.basis,
                    "restored_at": format_time(restored.restored_at),
                    "updated_at": format_time(now),
                    "customers_restored": int(self.network.customers[here].sum()),
                    "customers_out": outage.customers_out,
                    "device_id": self._name(restored.device, outage.service_point),
                    "usage_point_ids": self.network.point_ids.take(here.tolist()),
                }

    def tombstone(self, outage_id: str, zone: int, now: int) -> dict[str, Any]:
        """The last record of an outage's state, `sequence` still to come: it may be forgotten."""
        zone_id = self.network.zone_ids[zone]
        return {"outage_id": outage_id, "zone_id": zone_id, "updated_at": format_time(now), "tombstone": True}

    def _name(self, device: int, point: int) -> str:
        return self.network.device_ids[device] if device >= 0 else self.network.point_ids[point]


def _evidence(outage: Outage) -> str:
    if outage.confirmed:
        return "confirmed"
    return "reported" if outage.device < 0 else "inferred"


def _out_since(outage: Outage) -> int:
    return outage.started_at if outage.out_since is None else min(outage.started_at, outage.out_since)


def _time(at: int | None) -> str | None:
    return None if at is None else format_time(at)


def phase_letters(phases: int) -> str:
    """Letters of a bit mask of phases: A = 1, B = 2, C = 4; a mask of nothing means all."""
    return "".join(letter for bit, letter in enumerate("ABC") if (phases or ALL_PHASES) >> bit & 1)


def equivalents(network: Network, device: int) -> list[str]:
    """The other devices of a device's class, in network order."""
    return [network.device_ids[member] for member in class_members(network, device) if member != device]


def class_members(network: Network, device: int) -> list[int]:
    """The devices that no usage point can tell from this one, itself included, in network order."""
    top = int(network.class_of[device])
    members = []
    for member in range(top, int(network.device_end[top])):
        if network.class_of[member] == top:
            members.append(member)
        elif network.point_end[member] > network.point_start[member]:
            break
    return members
