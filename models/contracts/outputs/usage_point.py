"""Whom the ledger's numbers stand for: topic `network.usage_point.state.v1`, which is restricted."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from models.contracts.fields import Count, OutputRecord


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
