"""How connectors stand: topic `connector.health.events.v1`, the last heartbeat in `connector.health.state.v1`."""

from __future__ import annotations

from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.contracts.fields import Count, OutputRecord, OutputTime, Position

MOST_DEVICES: Final = 5_000
"""A record lists so many devices at most."""
MOST_TROUBLES: Final = 20

ConnectorState = Literal["connected", "degraded", "starting", "stale", "lost", "stopped"]
"""From well to ill: a connector stands as the worst of its links does."""


class LinkHealth(BaseModel):
    """One system, or redundant set of servers, that the connector holds a link to."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    name: str = Field(description="As in the connector's settings.")
    state: ConnectorState = Field(description="How the link stands.")
    since: OutputTime = Field(description="Since when it stands so.")
    server: str | None = Field(description="Address of the server in use; null none.")
    session: str | None = Field(description="The session there, numbered since the start; null none.")
    service_level: Count | None = Field(description="OPC UA ServiceLevel, 0 to 255; null unknown.")
    heard_at: OutputTime | None = Field(description="When anything last came, were it only a keep-alive; null never.")
    value_at: OutputTime | None = Field(description="When a value or an alarm last came; null never.")
    lag_seconds: float | None = Field(
        description="From the source's time of the last value to its arrival; null unknown."
    )
    points: Count = Field(description="Values that are to be followed.")
    points_followed: Count = Field(description="Of these, those that the server has agreed to report.")
    alarms: Count = Field(description="Conditions that hold.")
    troubles: list[str] = Field(
        max_length=MOST_TROUBLES, description=f"What keeps it from its whole work, up to {MOST_TROUBLES} sentences."
    )


class ConnectorHealthRecord(OutputRecord):
    """A heartbeat of a connector, or the list of the devices that it carries. A dead connector is told by its silence.

    A `devices` record comes at the start, when the list changes and once an hour, in parts.
    """

    event_id: str = Field(description="`<connector>:<started_at>:<number>`.")
    schema_version: Literal[1] = Field(description="Version of this contract.")
    connector: str = Field(description="Name of the connector; two processes of one name do no harm.")
    kind: Literal["heartbeat", "devices"] = Field(description="What the record is.")
    number: Position = Field(description="From 1 without gaps since the start.")
    started_at: OutputTime = Field(description="When the process started.")
    updated_at: OutputTime = Field(description="When the record was made, by the connector's clock.")
    state: ConnectorState = Field(description="The worst of its links' states.")
    since: OutputTime = Field(description="Since when it is so.")
    interval_seconds: float = Field(description="How often a heartbeat comes; three of them missing is a dead one.")
    links: list[LinkHealth] = Field(description="Its links.")
    queue_length: Count = Field(description="Reports that wait for Kafka.")
    counts: dict[str, Count] = Field(description="Since the start, by what was counted.")
    devices: Count = Field(description="Devices that it carries.")
    devices_digest: str = Field(description="Of the list of their ids; another one says that the list has changed.")
    part: Position | None = Field(description="Of a `devices` record, which part of the list, from 1; else null.")
    parts: Position | None = Field(description="Of how many parts; else null.")
    device_ids: list[str] | None = Field(max_length=MOST_DEVICES, description="The part of the list; else null.")

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if (self.kind == "devices") != (self.device_ids is not None):
            raise ValueError("device_ids goes with kind devices and with no other")
        return self
