"""What operators order: topic `outage.operator.commands.v1`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from models.contracts.fields import InputEvent, InputTime, ReceivedTime
from models.contracts.inputs.cause import CauseCode  # noqa: TC001 (pydantic reads it)

if TYPE_CHECKING:
    from collections.abc import Mapping

CommandKind = Literal["acknowledge", "cancel", "confirm", "note", "set_cause", "set_restoration_time", "set_start_time"]
_OUTAGE: Final = ("outage_id", "seen_revision")
NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "acknowledge": _OUTAGE,
    "cancel": _OUTAGE,
    "confirm": _OUTAGE,
    "note": (*_OUTAGE, "text"),
    "set_cause": (*_OUTAGE, "cause_code"),
    "set_restoration_time": (*_OUTAGE, "time"),
    "set_start_time": (*_OUTAGE, "time"),
}
"""By kind, the optional fields that such a command must have."""


def missing(command: Any) -> str | None:  # noqa: ANN401 (the contract, or what its JSON decodes into)
    """Name the first field that a command of its kind must have and has not."""
    return next((name for name in NEEDED[command.kind] if getattr(command, name) is None), None)


class OperatorCommand(InputEvent):
    """An order of an operator about one outage. Each that can be read gets one answer, `outage.operator.answers.v1`.

    It is refused if a field of the outage that it touches has changed since `seen_revision`. A `command_id` that comes
    again, of the same zone and within seven days, has no effect and no answer.
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
        "others say; the last of them of outages that are over. `note`: words, kept as evidence."
    )
    outage_id: str | None = Field(None, description="The outage. Its first letters tell its zone.")
    seen_revision: int | None = Field(None, description="The revision that the operator saw; goes with `outage_id`.")
    cause_code: CauseCode | None = Field(None, description="For `set_cause`: the category of IEEE 1782.")
    time: InputTime | None = Field(None, description="For `set_start_time` and `set_restoration_time`.")
    text: str | None = Field(
        None, description="For `note` the words; for `set_cause` the utility's own code, which outputs have."
    )

    @model_validator(mode="after")
    def _says_all(self) -> Self:
        if (name := missing(self)) is not None:
            message = "a command of kind {kind} has no {field}: send it"
            raise PydanticCustomError("missing_field", message, {"kind": self.kind, "field": name})
        return self
