"""What Faultline says of an outage, revision by revision.

Topic `outage.lifecycle.events.v1`, and once more `outage.current.state.v1`, where the last record of an outage wins.
"""

from __future__ import annotations

from typing import Final, Literal, Self

from pydantic import Field, model_validator

from models.contracts.fields import Count, OutageId, OutputRecord, OutputTime, Position
from models.contracts.inputs.cause import CauseCode  # noqa: TC001 (pydantic reads it)
from models.contracts.inputs.crew import CrewKind, CrewStatus  # noqa: TC001 (pydantic reads it)
from models.contracts.inputs.operator_command import CommandKind  # noqa: TC001 (pydantic reads it)
from models.contracts.inputs.planned_work import WorkKind  # noqa: TC001 (pydantic reads it)

OutageStatus = Literal[
    "detected", "confirmed", "partially_restored", "restored", "repaired", "momentary", "merged", "cancelled"
]
FINAL_STATUSES: Final[frozenset[OutageStatus]] = frozenset({"restored", "repaired", "momentary", "merged", "cancelled"})
"""After which an outage's status changes no more."""
TAKEN_BACK: Final[frozenset[OutageStatus]] = frozenset({"merged", "cancelled"})
"""Of these, with which it was no outage of its own."""
OutageDeviceKind = Literal[
    "source",
    "bus",
    "substation_transformer",
    "breaker",
    "recloser",
    "sectionalizer",
    "fuse",
    "switch",
    "tie",
    "transformer",
    "service",
]


class PriorityCustomers(OutputRecord):
    """Customers with a priority among those affected, by priority."""

    critical: Count
    key: Count


class PriorityOut(PriorityCustomers):
    """Customers with a priority among those that are out."""

    life_support: Count | None = Field(
        description="By the restricted table of them. Null without that table, and where fewer than 10 customers are "
        "out: it would be told of somebody."
    )


class ClassCustomers(OutputRecord):
    """Customers of a class that are out."""

    customer_class: str | None = Field(description="As in the usage points table; null: of no class.")
    customers_out: Count = Field(description="Without power now.")


class AreaCustomers(OutputRecord):
    """Customers of an area that are out."""

    kind: str = Field(description="Kind of the area, as in the areas table: county, postal code or the like.")
    area_id: str = Field(description="The area.")
    customers_out: Count = Field(description="Without power now, by this outage.")
    customers_served: Count = Field(description="Who live there, over all zones.")


class RestorationStep(OutputRecord):
    """Customers of an outage who came back together."""

    at: OutputTime = Field(description="When power was back for the first of them.")
    device_id: str = Field(description="What was closed; of a single service the usage point.")
    customers_restored: Count = Field(
        description="Who came back by it within five minutes; those who lost power again are counted all the same."
    )


class Place(OutputRecord):
    """Where an outage is, in degrees of WGS 84."""

    longitude: float = Field(description="Of the device; of a single service the usage point.")
    latitude: float = Field(description="Likewise.")
    bounding_box: list[float] = Field(
        min_length=4, max_length=4, description="West, south, east, north of the device and all that is below it."
    )


class CustomersServed(OutputRecord):
    """Customers that there are, with power or without."""

    feeder: Count | None = Field(description="By the feeder; null where the device stands above all feeders.")
    zone: Count = Field(description="By the zone.")


class Alternative(OutputRecord):
    """Another device that may have opened in place of the one named."""

    device_id: str = Field(description="The device; of a single service the usage point.")
    probability: float = Field(ge=0, le=1, description="How probable that is, given the evidence.")


class PlannedOutage(OutputRecord):
    """The planned work that an outage belongs to."""

    work_id: str = Field(description="The work, as in `work.planned.events.v1`.")
    kind: WorkKind = Field(description="What it is.")
    device_id: str = Field(description="The device that is opened for it.")
    planned_from: OutputTime = Field(description="From when on power may be off, as announced.")
    planned_to: OutputTime = Field(description="Until when, as announced.")


class OutageCrew(OutputRecord):
    """A crew that has to do with an outage."""

    crew_id: str = Field(description="The crew.")
    kind: CrewKind | None = Field(description="What kind of crew it is.")
    status: CrewStatus = Field(description="What it does, by its latest report.")
    at: OutputTime = Field(description="Since when, by that report.")
    eta: OutputTime | None = Field(description="When it expects to be on site.")


class Cause(OutputRecord):
    """Why power is off, and who says so; an operator's word goes before a crew's, that before the plan's."""

    code: CauseCode | None = Field(
        description="Category of IEEE 1782; `planned`: off on purpose. Null where only the utility's own is known."
    )
    utility_cause: str | None = Field(description="The utility's own code.")
    source: Literal["planned_work", "crew", "operator"] = Field(
        description="`planned_work`: the work that the outage belongs to; `crew`: the crew that said so last; "
        "`operator`: whoever set it, which goes before all else."
    )


class OutageCommand(OutputRecord):
    """An operator's command that was carried out. Who gave it and why stands in the evidence log."""

    command_id: str = Field(description="The command, as in `outage.operator.commands.v1`.")
    kind: CommandKind = Field(description="What it ordered.")
    at: OutputTime = Field(description="When it was given.")


class Operators(OutputRecord):
    """What operators said of an outage."""

    acknowledged_at: OutputTime | None = Field(description="When somebody had taken notice.")
    publication_held: bool = Field(description="The public is to be told nothing of it.")
    disputed_by: list[Literal["scada", "meters"]] = Field(
        description="Who speaks against the position that operators have the device in."
    )
    commands: list[OutageCommand] = Field(max_length=20, description="The latest that were carried out.")


class OutageRecord(OutputRecord):
    """One revision of one outage. Counts are totals in customers; `updated_at` is the instant it was said at."""

    event_id: str = Field(description="`<outage_id>:<revision>`.")
    schema_version: Literal[1] = Field(description="Version of this contract.")
    organisation: str = Field(description="Whose network it is.")
    sequence: Position = Field(description="Number of the record in its file or partition, from 1 without gaps.")
    outage_id: OutageId = Field(
        description="Six letters of base32 for its zone, as all outages there have, and 20 over the zone's id, the id "
        "of the usage point or device and the `observed_at` of the earliest evidence at the opening; it never changes."
    )
    revision: Position = Field(description="From 1 without gaps within the outage.")
    change: list[str] = Field(description="The fields of this record that this revision changed.")
    status: OutageStatus = Field(
        description="The last five are final. `repaired`: its device has closed, but its customers are still without "
        "power by another outage, see `transferred_to`."
    )
    zone_id: str = Field(description="The zone: the area of one substation.")
    substation_id: str | None = Field(description="The substation that feeds the device.")
    feeder_id: str | None = Field(description="The feeder of the device; null where it stands above all feeders.")
    device_id: str = Field(
        description="The open device that interrupts the customers. Of a single service the usage point, or the device "
        "that feeds only that point."
    )
    device_kind: OutageDeviceKind = Field(description="Kind of the device; `service` for a single usage point.")
    equivalent_device_ids: list[str] = Field(
        description="The other devices that no customer can tell from this one, in the order of the network."
    )
    found_device_id: str | None = Field(description="The damaged device that a crew found.")
    supply_device_id: str | None = Field(
        description="Where its customers were not fed the normal way: the device from which that power came, on the "
        "other side of the tie or jumper. Null where they were, or where a generator fed them.",
    )
    phases_out: str | None = Field(description="Phases that are out, letters of `ABC`.")
    place: Place | None = Field(description="Where it is; null where the network knows the device no more.")
    customers_served: CustomersServed | None = Field(description="Customers of its feeder and zone; null likewise.")
    evidence: Literal["reported", "inferred", "confirmed"] = Field(
        description="`reported` by the customer or the meter itself (a single service), `inferred` from the pattern of "
        "reports, `confirmed` by a telemetered position, a crew or an operator."
    )
    confidence: float = Field(
        ge=0,
        le=1,
        description="Probability that this class of devices was open, given the evidence; kept after closing. Until "
        "somebody confirms it, times the share of the zone's outages that were not merged or cancelled in the end.",
    )
    alternatives: list[Alternative] = Field(
        max_length=3, description="Up to three other devices that may have opened instead, the likeliest first."
    )
    started_at: OutputTime = Field(
        description="When its device began to interrupt: power was lost, or what is above it closed again."
    )
    out_since: OutputTime = Field(description="The earliest loss of power of its customers, before `started_at` too.")
    detected_at: OutputTime = Field(description="The instant of the first revision.")
    sustained_at: OutputTime | None = Field(description="When it had lasted longer than a momentary; null until then.")
    updated_at: OutputTime = Field(description="The instant of this revision.")
    restored_at: OutputTime | None = Field(description="When the last customer had power again; null until then.")
    customers_affected: Count = Field(
        description="Ever without power by this outage; it shrinks only where some never were, or by `merged`."
    )
    customers_out: Count = Field(description="Without power now.")
    customers_restored: Count = Field(description="With power again. It shrinks where they have lost it once more.")
    customers_transferred: Count = Field(description="Still without power, but by another outage.")
    restoration_steps: list[RestorationStep] = Field(
        max_length=50, description="In which steps its customers came back, in order."
    )
    priority_customers: PriorityCustomers = Field(description="Of those affected, by priority.")
    priority_out: PriorityOut = Field(description="Of those that are out, by priority.")
    customers_by_class: list[ClassCustomers] = Field(
        description="Of those that are out, by class; empty where the tables have no classes."
    )
    areas: list[AreaCustomers] = Field(
        description="Where those live that are out, by kind and id; empty where there is no areas table."
    )
    nested_in: OutageId | None = Field(description="The nearest published outage upstream that is still open.")
    merged_into: OutageId | None = Field(description="With status merged: the final survivor; else null.")
    transferred_to: OutageId | None = Field(
        description="Where customers were transferred, the outage by which the last of them are without power; "
        "else null."
    )
    parent_id: OutageId | None = Field(description="The outage that this one was cut out of by switching.")
    follows: OutageId | None = Field(description="The outage before, of customers that lost power again.")
    planned: PlannedOutage | None = Field(
        description="The planned work that it belongs to: at its device or the nearest above, in effect at "
        "`started_at`. Raise no alarm for it. Null where none is known."
    )
    cause: Cause | None = Field(description="Why, where somebody said so.")
    crews: list[OutageCrew] = Field(
        description="The crews that name the outage, or a device that no customer can tell from its own, by their ids."
    )
    operators: Operators | None = Field(description="What operators said of it; null nothing.")
    estimate_from: OutputTime | None = Field(
        description="Power will be back from then on, with `estimate_probability`: an estimate, no promise. Null where "
        "nobody makes any; of an outage that is over the last one."
    )
    estimate_to: OutputTime | None = Field(description="By then; with what a crew says the same time.")
    estimate_probability: float | None = Field(
        ge=0, le=1, description="How probable the range is; null where a crew says it."
    )
    estimate_source: Literal["table", "crew"] | None = Field(
        description="`table`: learned from the utility's history; `crew`: the crew on the outage that said so last. "
        "Null without an estimate."
    )
    etr_public: OutputTime | None = Field(
        description="By when power is promised to be back: what the public may be told. It lies ahead of `updated_at`, "
        "and is taken back when it has passed; of an outage that is over the last one. Null while nothing is promised."
    )
    etr_stage: Literal["assessing", "area", "outage", "crew"] | None = Field(
        description="`assessing`: nothing is promised yet, or any more; `area`: a time for the whole area; `outage`: "
        "its own; `crew`: its crew's. Null where no estimates are made."
    )
    degraded: bool = Field(description="An input stood still meanwhile, so silence says nothing.")
    network_version: str = Field(description="Content hash of the network that the record speaks of.")

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.event_id != f"{self.outage_id}:{self.revision}":
            raise ValueError("event_id is not <outage_id>:<revision>")
        if self.customers_affected != self.customers_out + self.customers_restored + self.customers_transferred:
            raise ValueError("customers_affected is not customers_out + customers_restored + customers_transferred")
        if (self.status == "merged") != (self.merged_into is not None):
            raise ValueError("merged_into goes with status merged, and only with it")
        if (self.customers_transferred > 0) != (self.transferred_to is not None):
            raise ValueError("transferred_to goes with customers_transferred, and only with them")
        if self.status == "repaired" and self.transferred_to is None:
            raise ValueError("status repaired goes with transferred_to")
        if not self.started_at <= self.detected_at <= self.updated_at:
            raise ValueError("started_at, detected_at and updated_at do not follow each other")
        if (self.etr_public is None) != (self.etr_stage in {None, "assessing"}):
            raise ValueError("etr_public goes with a stage that promises a time, and only with it")
        if self.sustained_at is not None and self.sustained_at < self.started_at:
            raise ValueError("sustained_at lies before started_at")
        if unknown := set(self.change) - set(type(self).model_fields):
            raise ValueError(f"change names fields that do not exist: {', '.join(sorted(unknown))}")
        return self


class OutageTombstone(OutputRecord):
    """The end of an outage's state: 7 days after the last revision of an outage that is over, forget it.

    On Kafka it is a record of the outage's key without a value; in files it is this line among the revisions, numbered
    with them, so that from the first one on a number of the state file is not that of the life cycle.
    """

    outage_id: OutageId = Field(description="The outage that may be forgotten.")
    sequence: Position = Field(description="Number of the record in its file or partition, from 1 without gaps.")
    zone_id: str = Field(description="The zone: the area of one substation.")
    updated_at: OutputTime = Field(description="The instant of this record.")
    tombstone: Literal[True] = Field(description="Tells it from a revision.")
