"""What is said of the network.

Whom the ledger's numbers stand for: topic `network.usage_point.state.v1`, which is restricted. Where its parts are:
`network.zone.state.v1` and `network.device.state.v1`. What stands otherwise than normally: topic
`network.abnormal.state.v1`, where the last record of an element wins. Where the model is thought to be wrong:
`network.suspect.state.v1`, likewise. Power where there must be none: `safety.backfeed.events.v1`.
"""

from __future__ import annotations

from typing import Final, Literal, Self

from pydantic import Field, model_validator

from models.contracts.fields import Count, FollowingRecord, OutageId, OutputRecord, OutputTime, Position
from models.contracts.outputs.outage import OutageDeviceKind  # noqa: TC001 (pydantic reads it)


class UsagePointArea(OutputRecord):
    """An area that a usage point lies in."""

    kind: str = Field(description="Kind of the area, as in the areas table.")
    area_id: str = Field(description="The area.")


class UsagePointRecord(OutputRecord):
    """A usage point by its stable number, as the network has it that was published last."""

    schema_version: Literal[1] = Field(description="Version of this contract.")
    usage_point: Count = Field(description="Its stable number, as in the ledger: never given twice.")
    usage_point_id: str = Field(description="Its id.")
    meter_id: str | None = Field(description="Its meter; null: it can never report.")
    account_id: str | None = Field(description="Its account; null unknown.")
    zone_id: str = Field(description="The zone.")
    device_id: str = Field(description="The device that feeds it.")
    customers: Count = Field(description="Customers behind it.")
    customer_class: str | None = Field(description="Class of its customers; null where the table has none.")
    priority: Literal["none", "critical", "key"] = Field(description="As in the usage points table.")
    life_support: bool | None = Field(description="Somebody's life depends on it; null where no such table was given.")
    areas: list[UsagePointArea] = Field(description="Where it lies, by kind.")
    network_version: str = Field(description="Content hash of the network.")


class FeederServed(OutputRecord):
    """A feeder of a zone."""

    feeder_id: str = Field(description="The feeder.")
    customers_served: Count = Field(description="Its customers.")


class ZoneStateRecord(OutputRecord):
    """A zone, the area of one substation, for maps and shares. A version that leaves it as it was says it not again."""

    schema_version: Literal[1] = Field(description="Version of this contract.")
    zone_id: str = Field(description="The zone.")
    longitude: float = Field(description="Of its first device, the substation's; degrees of WGS 84.")
    latitude: float = Field(description="Likewise.")
    bounding_box: list[float] = Field(
        min_length=4, max_length=4, description="West, south, east, north of all that is in it."
    )
    customers_served: Count = Field(description="Its customers.")
    usage_points: Count = Field(description="Its usage points.")
    devices: Count = Field(description="Its devices.")
    feeders: list[FeederServed] = Field(description="Its feeders, in the order of the network.")
    evidence_partition: Count = Field(description="The partition of all topics about it that are partitioned by zone.")
    network_version: str = Field(description="Content hash of the version that has it so since.")


class DeviceStateRecord(OutputRecord):
    """A device, as it is normally fed, for maps and shares. A version that leaves it as it was says it not again."""

    schema_version: Literal[1] = Field(description="Version of this contract.")
    device_id: str = Field(description="The device.")
    device: Count = Field(description="Its stable number: never given twice.")
    kind: OutageDeviceKind = Field(description="Its kind, never `service`.")
    zone_id: str = Field(description="The zone.")
    feeder_id: str | None = Field(description="The feeder; null above all feeders.")
    parent_id: str | None = Field(description="The next device towards the source; null for a source.")
    other_parent_id: str | None = Field(description="Of a tie the device on its other side; null of others.")
    normal_position: Literal["open", "closed"] = Field(description="`open` of a tie, `closed` of all others.")
    phases: str = Field(description="Letters of `ABC`.")
    telemetered: bool = Field(description="Whether its position is measured.")
    longitude: float = Field(description="Degrees of WGS 84.")
    latitude: float = Field(description="Likewise.")
    customers_served: Count = Field(description="Customers that are out when it opens.")
    usage_points: Count = Field(description="Their usage points.")
    network_version: str = Field(description="Content hash of the version that has it so since.")


AbnormalKind = Literal["device", "cut", "jumper", "generator"]


class AbnormalRecord(OutputRecord):
    """A device off its normal position, or a temporary element, for as long as it is so."""

    event_id: str = Field(description="`<element_id>:<updated_at>`.")
    schema_version: Literal[1] = Field(description="Version of this contract.")
    organisation: str = Field(description="Whose network it is.")
    sequence: Position = Field(description="Number of the record in its file or partition, from 1 without gaps.")
    element_id: str = Field(description="The device; of a temporary element the command that placed it.")
    kind: AbnormalKind = Field(description="`device`, or what crews put in for a while.")
    device_id: str = Field(description="The device; of a temporary element the one at which it is.")
    other_device_id: str | None = Field(description="Of a jumper the device that feeds its other end.")
    zone_id: str = Field(description="The zone of the device.")
    position: Literal["open", "closed"] = Field(
        description="How it stands: a tie `closed`, all other devices `open`; a cut `open`, a jumper or generator "
        "`closed`."
    )
    since: OutputTime = Field(description="Since when.")
    source: Literal["scada", "crew", "operator"] = Field(description="Who says so.")
    updated_at: OutputTime = Field(description="The instant of this record.")


class AbnormalTombstone(OutputRecord):
    """It stands normally again, or is taken away."""

    element_id: str = Field(description="As in the records.")
    sequence: Position = Field(description="Number of the record in its file or partition, from 1 without gaps.")
    zone_id: str = Field(description="The zone of the device.")
    updated_at: OutputTime = Field(description="The instant of this record.")
    tombstone: Literal[True] = Field(description="Tells it from a state.")


class BetterPlace(OutputRecord):
    """Where a meter may really be."""

    device_id: str = Field(description="The device that may feed it.")
    probability: float = Field(ge=0, le=1, description="How probable that is.")


class SuspectRecord(FollowingRecord):
    """A meter that outages show to be elsewhere than the network has it, for as long as they do."""

    usage_point_id: str = Field(description="The usage point.")
    kind: Literal["wrong_transformer"] = Field(description="What is wrong: it is fed by another device.")
    meter_id: str = Field(description="Its meter.")
    zone_id: str = Field(description="The zone.")
    device_id: str = Field(description="The device that feeds it by the network.")
    probability: float = Field(ge=0, le=1, description="How probable it is that another device feeds it.")
    better: list[BetterPlace] = Field(
        min_length=1, max_length=3, description="Up to three devices that may feed it instead, the likeliest first."
    )
    outage_ids: list[OutageId] = Field(
        max_length=10, description="The latest outages that speak for another place, in the order in which they ended."
    )


class SuspectTombstone(OutputRecord):
    """It is suspected no more: it was moved, looked at and found right, or outages speak for its place."""

    usage_point_id: str = Field(description="The usage point.")
    sequence: Position = Field(description="Number of the record in its file or partition, from 1 without gaps.")
    updated_at: OutputTime = Field(description="The instant of this record.")
    tombstone: Literal[True] = Field(description="Tells it from a suspicion.")


MOST_POINTS: Final = 50
"""So many usage points of a section are named."""


class LivePoint(OutputRecord):
    """A usage point that says it has power."""

    usage_point_id: str = Field(description="The usage point.")
    device_id: str = Field(description="The device that feeds it by the network, mostly a transformer.")
    on_at: OutputTime = Field(description="When it said so last.")


class CrewNear(OutputRecord):
    """A crew whose latest report puts it into the section, at its open device, or at an outage there; none is done."""

    crew_id: str = Field(description="The crew.")
    status: str = Field(description="As it reported.")
    device_id: str | None = Field(description="The device at which it is; null if it named the outage.")
    outage_id: OutageId | None = Field(description="The outage that it named; null if it named a device.")


class BackfeedRecord(OutputRecord):
    """Somebody says "on" in a section that is open or under clearance, by what SCADA, crews and operators have said.

    Of a `backfeed_id` the highest `revision` counts. A tie that nobody told of takes no section out of the watch; one
    that good telemetry or an operator says to be closed does.
    """

    event_id: str = Field(description="`<backfeed_id>:<revision>`.")
    schema_version: Literal[1] = Field(description="Version of this contract.")
    organisation: str = Field(description="Whose network it is.")
    sequence: Position = Field(description="Number of the record in its file or partition, from 1 without gaps.")
    backfeed_id: str = Field(description="`<device_id>:<updated_at of revision 1>`.")
    revision: Position = Field(
        description="From 1: as many more say so, crews come or go, the extent is another, and when it is over."
    )
    status: Literal["active", "cleared"] = Field(description="Whether somebody may be in danger.")
    cleared_by: Literal["ended", "fed_otherwise", "out"] | None = Field(
        description="`ended`: the device is said to be closed, the cut taken away, the clearance over; "
        "`fed_otherwise`: a tie, jumper or generator that was told of feeds the section; `out`: nobody says so any "
        "more. Null while `active`."
    )
    closed_at: OutputTime | None = Field(
        description="When the device closed by that word, at the latest: not after `first_on_at`, it was no backfeed. "
        "A crew says so only when it is done. Null where nothing closed."
    )
    basis: Literal["open", "cut", "clearance"] = Field(
        description="The device is open; the line is cut at it; planned work has started at it, and it holds an outage."
    )
    zone_id: str = Field(description="The zone.")
    device_id: str = Field(description="The device that isolates the section, which is all that it feeds.")
    isolated_since: OutputTime = Field(description="Since when, by the first word of it.")
    first_on_at: OutputTime = Field(description="The earliest that anybody in the section said to have power since.")
    extent: Literal["part", "whole"] = Field(
        description="`whole`: most probably the section has power again, by what its meters say: the device has been "
        "closed and nobody has told of it, or a tie was; `part`: others there are still out by that device."
    )
    usage_points_on: Count = Field(description="How many say so.")
    usage_points: list[LivePoint] = Field(max_length=MOST_POINTS, description="The earliest of them.")
    crews: list[CrewNear] = Field(description="Crews near, by id.")
    updated_at: OutputTime = Field(description="The instant of this record.")

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if not self.backfeed_id.startswith(f"{self.device_id}:"):
            raise ValueError("backfeed_id does not begin with the device")
        if self.event_id != f"{self.backfeed_id}:{self.revision}":
            raise ValueError("event_id is not <backfeed_id>:<revision>")
        if (self.status == "cleared") != (self.cleared_by is not None):
            raise ValueError("cleared_by is for what is cleared")
        return self
