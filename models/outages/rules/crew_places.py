"""Where a crew's latest report puts it, and what it says of the cause: outages say so; nothing is inferred from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.outages.context.crews import GONE, NO_CLASS, CrewAt, CrewCause
from models.outages.state.partition import holder_of

if TYPE_CHECKING:
    from models.evidence.batch import CrewRow
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition


def place_crew(partition: Partition, row: CrewRow, outage: Outage | None) -> None:
    """Put a crew where its report has it; `outage` is the open one that the report is about."""
    event, crews = row.event, partition.context.crews
    if row.observed_at < crews.operator_at.get(event.crew_id, row.observed_at):
        return  # an operator has put it elsewhere since
    crews.operator_at.pop(event.crew_id, None)
    left = crews.release(event.crew_id)
    key = _class_of(partition, row)
    outage_id = outage.outage_id if event.outage_id is not None and outage is not None else ""
    if event.status not in GONE and (outage_id or key != NO_CLASS):
        crew = CrewAt(event.crew_id, event.kind, event.status, row.observed_at, event.eta, event.etr, outage_id, key)
        crew = crew._replace(key=NO_CLASS) if outage_id else crew
        if left is not None and event.etr is None and (left.outage_id, left.key) == (crew.outage_id, crew.key):
            crew = crew._replace(etr=left.etr)  # it has said nothing else of that
        crews.put(crew)
        _mark(partition, crews.by_crew[event.crew_id])
    if outage is not None and (event.cause_code is not None or event.utility_cause is not None):
        cause = CrewCause(row.observed_at, event.crew_id, event.cause_code, event.utility_cause)
        crews.report_cause(outage.outage_id, cause)
    _mark(partition, left)


def put_crew(partition: Partition, crew: CrewAt) -> None:
    """An operator puts a crew somewhere."""
    crews = partition.context.crews
    left = crews.release(crew.crew_id)
    crews.put(crew)
    crews.operator_at[crew.crew_id] = crew.at
    _mark(partition, left)
    _mark(partition, crew)


def release_crew(partition: Partition, crew_id: str) -> None:
    """A crew's latest report is about nothing here: it is nowhere in these zones."""
    _mark(partition, partition.context.crews.release(crew_id))


def end_context(partition: Partition, outage: Outage) -> None:
    """The last revision of an outage has been written: its crews go, or go over to the one that it is a part of."""
    crews, heir = partition.context.crews, partition.by_name.get(outage.merged_into or "")
    if heir is None:
        crews.forget(outage.outage_id)
    elif crews.move(outage.outage_id, heir.outage_id) and not heir.suspected:
        partition.context.renew.add(heir.outage_id)


def renew(partition: Partition) -> None:
    """Outages that took over crews at an earlier instant are told anew."""
    for outage_id in sorted(partition.context.renew):
        outage = partition.by_name.get(outage_id)
        if outage is not None and outage.zone not in partition.quarantined:
            partition.dirty[outage_id] = outage
    partition.context.renew.clear()


def _class_of(partition: Partition, row: CrewRow) -> int:
    """The class of the device that a crew found open, else of the one where it is sent; of other zones none."""
    network = partition.network
    for number in (row.open_device, row.device):
        device = network.device_at(number)
        if partition.owns(device):
            return int(network.class_of[device])
    return NO_CLASS


def _mark(partition: Partition, crew: CrewAt | None) -> None:
    """The outage at which a crew is, or was, is told anew."""
    if crew is None:
        return
    outage = partition.by_name.get(crew.outage_id) if crew.outage_id else holder_of(partition, crew.key)
    if outage is not None and not outage.suspected and outage.zone not in partition.quarantined:
        partition.dirty[outage.outage_id] = outage
