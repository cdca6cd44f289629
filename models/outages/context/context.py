"""What stands around an outage, as its record says it: its planned work, its crews, and why power is off."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from models.evidence.work_codes import WORK_KINDS
from models.outages.context.borne_out import BorneOut
from models.outages.context.crews import Crews
from models.outages.context.ledger import Ledger
from models.outages.context.operators import Answered
from models.outages.context.planned_work import PlannedWorks
from models.outages.inference.knowledge import CLOSED, GOOD
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from models.network.network import Network
    from models.outages.context.crews import CrewAt, CrewCause
    from models.outages.context.operators import OperatorFacts
    from models.outages.context.planned_work import PlannedWork
    from models.outages.inference.knowledge import Devices

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({"planned": None, "cause": None, "crews": [], "operators": None})
"""Of most outages."""


class Context:
    """What is known around the outages of some zones."""

    def __init__(self, network: Network, devices: Devices, interrupted_by: NDArray[np.int32]) -> None:
        self._network, self._devices = network, devices
        self.works = PlannedWorks()
        self.crews = Crews()
        self.ledger = Ledger(interrupted_by)
        self.answered = Answered()
        self.borne_out = BorneOut()
        self.renew: set[str] = set()
        """Outages that took over the crews of another one and are to be told anew."""

    def facts(
        self,
        outage_id: str,
        device: int,
        point: int,
        started_at: int,
        operators: OperatorFacts | None,
        disputed_by: list[str],
    ) -> Mapping[str, Any]:
        """The fields of a record: of an outage at a device (position, -1 of a usage point alone) since a moment.

        `operators` is what they said of it, and `disputed_by` who speaks against that.
        """
        if not self.works.by_class and not self.crews and operators is None:
            return NOTHING
        work = self.planned_work(device, point, started_at) if self.works.by_class else None
        key = int(self._network.class_of[device]) if device >= 0 else ~point
        return {
            "planned": None if work is None else self._planned(work),
            "cause": (operators and operators.cause_view()) or _cause(work, self.crews.causes.get(outage_id)),
            "crews": [_crew(crew) for crew in self.crews.at(outage_id, key, started_at)],
            "operators": None if operators is None else operators.view(disputed_by),
        }

    def _planned(self, work: PlannedWork) -> dict[str, Any]:
        begins, ends = work.window
        return {
            "work_id": work.work_id,
            "kind": WORK_KINDS[work.kind],
            "device_id": self._network.device_ids[work.device],
            "planned_from": format_time(begins),
            "planned_to": format_time(ends),
        }

    def planned_work(self, device: int, point: int, started_at: int) -> PlannedWork | None:
        """The work that an outage belongs to: the one nearest above it, of several there the first by window and id."""
        network = self._network
        place = device if device >= 0 else int(network.point_device[point])
        at, key = place, int(network.class_of[device]) if device >= 0 else -1
        while at >= 0:
            here = self.works.by_class.get(at, {}).values()
            works = [work for work in here if work.covers(started_at) and (at == key or not self._is_closed(work))]
            if works:
                return min(works, key=lambda work: (work.window, work.work_id, work.device))
            at = int(network.parent[at])
        return None

    def _is_closed(self, work: PlannedWork) -> bool:
        """Whether good telemetry has a work's device closed: what is dark below it is so by something else."""
        devices = self._devices
        return bool(devices.position[work.device] == CLOSED and devices.quality[work.device] == GOOD)


def _cause(work: PlannedWork | None, reported: CrewCause | None) -> dict[str, Any] | None:
    """A crew's word, or the plan's."""
    if reported is not None:
        return {"code": reported.code, "utility_cause": reported.utility_cause, "source": "crew"}
    return None if work is None else {"code": "planned", "utility_cause": None, "source": "planned_work"}


def _crew(crew: CrewAt) -> dict[str, Any]:
    return {
        "crew_id": crew.crew_id,
        "kind": crew.kind,
        "status": crew.status,
        "at": format_time(crew.at),
        "eta": None if crew.eta is None else format_time(crew.eta),
    }
