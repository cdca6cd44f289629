"""What operators order: topic `outage.operator.commands.v1`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, Self, get_args

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from models.contracts.fields import InputEvent, InputTime, ReceivedTime
from models.contracts.inputs.cause import CauseCode  # noqa: TC001 (pydantic reads it)

if TYPE_CHECKING:
    from collections.abc import Mapping

CommandKind = Literal[
    "acknowledge",
    "assign_crew",
    "cancel",
    "close_storm",
    "confirm",
    "cut",
    "exclude_storm",
    "generator",
    "hold_promise",
    "hold_publication",
    "jumper",
    "merge",
    "move",
    "name_storm",
    "note",
    "open",
    "open_storm",
    "release_crew",
    "release_promise",
    "release_publication",
    "remove",
    "reopen",
    "restore",
    "set_cause",
    "set_position",
    "set_promise",
    "set_restoration_time",
    "set_start_time",
    "split",
]
StormCommandKind = Literal["close_storm", "exclude_storm", "name_storm", "open_storm"]
STORM_COMMANDS: Final = frozenset(get_args(StormCommandKind))
"""Kinds that are of the whole utility: one partition judges them all."""
_OUTAGE: Final = ("outage_id", "seen_revision")
NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "acknowledge": _OUTAGE,
    "assign_crew": (*_OUTAGE, "crew_id"),
    "cancel": _OUTAGE,
    "close_storm": ("storm_id",),
    "confirm": _OUTAGE,
    "cut": ("device_id",),
    "exclude_storm": ("storm_id",),
    "generator": ("device_id",),
    "hold_promise": _OUTAGE,
    "hold_publication": _OUTAGE,
    "jumper": ("device_id", "other_device_id"),
    "merge": (*_OUTAGE, "other_outage_id"),
    "move": (*_OUTAGE, "device_id"),
    "name_storm": ("storm_id", "text"),
    "note": (*_OUTAGE, "text"),
    "open": (),
    "open_storm": ("text",),
    "release_crew": (*_OUTAGE, "crew_id"),
    "release_promise": _OUTAGE,
    "release_publication": _OUTAGE,
    "remove": ("device_id", "element_id"),
    "reopen": _OUTAGE,
    "restore": _OUTAGE,
    "set_cause": (*_OUTAGE, "cause_code"),
    "set_position": ("device_id", "position"),
    "set_promise": (*_OUTAGE, "time"),
    "set_restoration_time": (*_OUTAGE, "time"),
    "set_start_time": (*_OUTAGE, "time"),
    "split": _OUTAGE,
}
"""By kind, the optional fields that such a command must have."""
PLACED: Final = frozenset({"open", "split"})
"""Kinds that must have `device_id` or `usage_point_ids`, besides."""


def missing(command: Any) -> str | None:  # noqa: ANN401 (the contract, or what its JSON decodes into)
    """Name the first field that a command of its kind must have and has not."""
    name = next((name for name in NEEDED[command.kind] if getattr(command, name) is None), None)
    if name is None and command.kind in PLACED and command.device_id is None and not command.usage_point_ids:
        return "device_id"
    return name


class OperatorCommand(InputEvent):
    """An order of an operator about one outage, a device, or a storm.

    Each that can be read gets one answer, `outage.operator.answers.v1`; what orders of a storm come to is said by the
    flow that tells storms, on `storm.operator.answers.v1`. It is refused if a field of the outage that it touches has
    changed since `seen_revision`. A `command_id` that comes again, of the same zone and within seven days,
    has no effect and no answer.
    """

    command_id: str = Field(description="Name of this command at its sender; new ones for new commands.")
    user: str = Field(description="Who gives it, by the utility's own sign. Kept as evidence, in no output.")
    at: InputTime = Field(description="When it was given, by the operator's clock.")
    received_at: ReceivedTime = Field(
        description="When the operators' system had it. The log time of a file is its running maximum."
    )
    reason: str = Field(description="Why, in the operator's words. Kept as evidence, in no output.")
    kind: CommandKind = Field(
        description="`acknowledge`: somebody has taken notice. `confirm`: the device is open. `cancel`: there never "
        "was an outage. `set_cause`, `set_start_time`, `set_restoration_time`: why and when, which goes before what "
        "others say; the last of them of outages that are over. `note`: words, kept as evidence. `restore`: power is "
        "back, of all or of those below `device_id` or in `usage_point_ids`. `move`: `device_id` is the open device. "
        "`open`: `device_id` is open, or those in `usage_point_ids` are without power, since `time`: a new outage. "
        "`split`: what is below `device_id`, or in `usage_point_ids`, is an outage of its own. `merge`: it is part of "
        "`other_outage_id`, whose device is `device_id` from now on. `reopen`: power is not back. "
        "`set_position`: so stands `device_id`. `cut`: the line is cut at `device_id`, on the side of its source. "
        "`jumper`: what `device_id` and `other_device_id` feed is joined. `generator`: one feeds what "
        "`device_id` feeds. `remove`: `element_id`, a cut, jumper or generator at `device_id`, is taken away. "
        "`assign_crew`, `release_crew`: who is on it. `hold_publication`: the "
        "public is told nothing of it until `release_publication`. `set_promise`: the public is promised `time`, "
        "of the outage or, by `stage`, of its area. `hold_promise`: what it is promised stays. `release_promise`: the "
        "estimate may change it again. `open_storm`, `close_storm`: a storm has begun, is over. "
        "`name_storm`: so it is called. `exclude_storm`: it is left out of indices, or, without `text`, is not."
    )
    outage_id: str | None = Field(None, description="The outage. Its first letters tell its zone.")
    seen_revision: int | None = Field(None, description="The revision that the operator saw; goes with `outage_id`.")
    other_outage_id: str | None = Field(
        None, description="For `merge`: the outage of which it is a part, and which goes on. It is of the same zone."
    )
    storm_id: str | None = Field(None, description="The storm, as `storm.state.v1` has it.")
    device_id: str | None = Field(
        None,
        description="For `move`, `open`, `set_position`, `split`, `cut`, `jumper`, `generator`, `remove` and parts of "
        "`restore`. For `merge` the device that "
        "feeds both; without it that of the two which feeds the other, or the lowest one if most below it are out.",
    )
    other_device_id: str | None = Field(
        None, description="For `jumper`: the device that feeds its other end, of the same zone."
    )
    element_id: str | None = Field(None, description="For `remove`: the `command_id` of what was placed.")
    position: Literal["open", "closed"] | None = Field(None, description="For `set_position`.")
    usage_point_ids: list[str] | None = Field(
        None,
        fail_fast=True,
        description="For `restore`: these have power again, and no others. For `open` and `split`: it is at the "
        "lowest device that feeds all of them, if they are half of those below it or more.",
    )
    step: int | None = Field(None, description="For `restore`: the step of the switching plan. Kept as evidence.")
    crew_id: str | None = Field(None, description="For `assign_crew` and `release_crew`.")
    cause_code: CauseCode | None = Field(None, description="For `set_cause`: the category of IEEE 1782.")
    time: InputTime | None = Field(
        None,
        description="For `set_promise`, `set_start_time` and `set_restoration_time`; for `open`, `restore`, "
        "`set_position`, `cut`, `jumper`, `generator` and `remove` since when, by default `at`; "
        "for `reopen` since when, by default the end of the outage, for `split` its start; "
        "for `open_storm` and `close_storm` since when, by default `at`.",
    )
    stage: Literal["area", "outage"] | None = Field(
        None,
        description="For `set_promise`. `area`: the time of its area, which stands until a crew is there or its own "
        "estimate may say better; by default `outage`, which stays until it is released or has passed.",
    )
    text: str | None = Field(
        None,
        description="For `note` the words. Outputs have it for `set_cause`, the utility's own code, for `open_storm` "
        "and `name_storm`, the name, and for `exclude_storm`, why.",
    )

    @model_validator(mode="after")
    def _says_all(self) -> Self:
        if (name := missing(self)) is not None:
            message = "a command of kind {kind} has no {field}: send it"
            raise PydanticCustomError("missing_field", message, {"kind": self.kind, "field": name})
        return self
