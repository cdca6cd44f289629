"""What became of an operator's command: topic `outage.operator.answers.v1`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from models.contracts.fields import OutageId, OutputRecord, OutputTime, Position
from models.contracts.inputs.operator_command import StormCommandKind  # noqa: TC001 (pydantic reads it)

CommandResult = Literal["done", "passed_on", "refused"]
Refusal = Literal[
    "unknown_outage",
    "closed_outage",
    "merged_outage",
    "outdated",
    "impossible_time",
    "not_restored",
    "unknown_device",
    "unknown_usage_point",
    "unknown_crew",
    "unknown_element",
    "elsewhere",
    "already_open",
    "already_out",
    "already_promised",
    "not_estimated",
]


class StormOrder(OutputRecord):
    """What a command orders of a storm, for the flow that tells storms."""

    kind: StormCommandKind = Field(description="As in the command.")
    at: OutputTime = Field(description="When it was given.")
    storm_id: str | None = Field(description="The storm; null of one that it opens.")
    time: OutputTime | None = Field(description="Since when; null: since it was given.")
    name: str | None = Field(description="What it is called from now on; for `open_storm` and `name_storm`.")
    exclusion_reason: str | None = Field(description="For `exclude_storm` why; null: it is not left out.")


class CommandAnswerRecord(OutputRecord):
    """The one answer to an operator's command."""

    event_id: str = Field(description="The command's id.")
    schema_version: Literal[1] = Field(description="Version of this contract.")
    organisation: str = Field(description="Whose network it is.")
    sequence: Position = Field(description="Number of the record in its file or partition, from 1 without gaps.")
    command_id: str = Field(description="The command, as its sender named it.")
    result: CommandResult = Field(
        description="Whether it was carried out. `passed_on`: it is of a storm, and whoever tells storms says so on "
        "`storm.operator.answers.v1`."
    )
    reason: Refusal | None = Field(
        description="Why it was refused. `unknown_outage`: none of that id, or forgotten; `closed_outage`: it is over; "
        "`merged_outage`: it is a part of another one, see `outage_id`; `outdated`: a field that the command touches "
        "has changed since the revision that its sender saw; `impossible_time`: before the start, or yet to come; "
        "`not_restored`: power is not back; `unknown_device`, `unknown_usage_point`, `unknown_crew`, "
        "`unknown_element`: no such thing; "
        "`elsewhere`: a device or point that has nothing to do with the outage; `already_open`: another outage has "
        "that device, see `outage_id`; `already_out`: all there are without power by another outage, see `outage_id`; "
        "`already_promised`: a time of its own goes before its area's; `not_estimated`: no estimates are made here."
    )
    message: str | None = Field(description="The same in words, with what to do.")
    outage_id: OutageId | None = Field(
        description="The outage; of `open`, `split` and `reopen` the one that began or goes on by it. Of one that was "
        "merged the one that it is a part of."
    )
    revision: Position | None = Field(description="The outage's last revision, with what the command changed.")
    zone_id: str | None = Field(description="The zone of the outage, by its id; null of no zone of the network.")
    storm_order: StormOrder | None = Field(None, description="What was passed on; null of all that is of no storm.")
    updated_at: OutputTime = Field(description="The instant of the answer.")

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.event_id != self.command_id:
            raise ValueError("event_id is not command_id")
        if (self.result == "refused") != (self.reason is not None) or (self.reason is None) != (self.message is None):
            raise ValueError("reason and message go with refused, and only with it")
        if (self.result == "passed_on") != (self.storm_order is not None):
            raise ValueError("storm_order goes with passed_on, and only with it")
        return self
