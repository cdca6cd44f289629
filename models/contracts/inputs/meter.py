"""What a meter or its head-end says: topic `ami.meter.events.v1`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from models.contracts.fields import InputEvent, InputTime, ReceivedTime

MeterKind = Literal[
    "last_gasp",
    "power_restored",
    "ping_on",
    "ping_off",
    "inferred_outage",
    "voltage_sag",
    "voltage_swell",
    "voltage_normal",
    "disconnected",
    "connected",
    "removed",
    "installed",
]


class MeterEvent(InputEvent):
    """One message of one meter, as the head-end passes it on. Copies and disorder are expected."""

    event_id: str = Field(description="Name of this message at the head-end. Copies may carry another.")
    meter_id: str = Field(
        description="Meter as in the usage points table. Unknown ones are refused, but for `installed` and `removed`."
    )
    kind: MeterKind = Field(
        description="What is said: power lost (`last_gasp`, `inferred_outage`), power back (`power_restored`), the "
        "answer to a ping, a voltage out of or back in its band, the remote switch, or the meter's own mounting."
    )
    observed_at: InputTime = Field(
        description="When it happened, by the meter's clock. Where `received_at` contradicts it, an hour is put right, "
        "and any other clock gives way to the arrival less the usual delay."
    )
    received_at: ReceivedTime = Field(
        description="When the head-end had it. The log time of a file is its running maximum."
    )
    source: str = Field(
        description="Which head-end, network or meter family it came by; delivery rates are kept per source."
    )
    voltage: float | None = Field(None, description="Volts at the meter; null unknown.")
    code: str | int | None = Field(
        None, description="The head-end's own event code, for example of IEC 61968-9; null unknown."
    )
    reboot_count: int | None = Field(None, description="How often the meter has started so far; null unknown.")
    outage_started_at: InputTime | None = Field(
        None,
        description="With `power_restored`: when the power went, by the meter's clock; null unknown, else ignored.",
    )
    usage_point_id: str | None = Field(
        None,
        description="With `installed`: the usage point where the meter hangs from then on, whatever the network's "
        "tables say; what meters that hung there before say of a later time is refused. Null unknown, else ignored.",
    )
