"""What a report about a usage point says: the closed set of kinds, and which of them speak for *out* or for *on*.

A kind's code is its place in `EVIDENCE_KINDS`; columns of evidence and the state of the engine carry codes.
"""

from __future__ import annotations

from typing import Final

DEVICE_REPORTS: Final = (
    "open",
    "closed",
    "alarm",
    "intermediate",
    "unknown",
    "gap_begin",
    "gap_end",
    "operation_count",
    "fault_indicator",
    "fault_current",
    "fault_distance",
    "current",
    "voltage",
    "mode",
)
"""What SCADA says of a device: its place here is the code in the column `position` of `DeviceRows`."""
DECIDING_REPORTS: Final = 3
"""Codes below it are read by the engine; the others stand in the log, are counted and decide nothing yet."""
ORIGINS: Final = ("telemetered", "manual", "estimated")
QUALITIES: Final = ("good", "uncertain", "bad")
QUALITY_MASK: Final = 3
ORIGIN_SHIFT: Final = 2
"""The column `quality` of `DeviceRows` has the quality in its lower two bits and the origin above."""

METER_KINDS: Final = (
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
)
CALL_KINDS: Final = ("no_power", "partial_power", "power_back", "hazard")
EVIDENCE_KINDS: Final = METER_KINDS + CALL_KINDS
KIND_CODE: Final = {kind: code for code, kind in enumerate(EVIDENCE_KINDS)}

POWER_RESTORED: Final = KIND_CODE["power_restored"]
DISCONNECTED: Final = KIND_CODE["disconnected"]
REMOVED: Final = KIND_CODE["removed"]
INSTALLED: Final = KIND_CODE["installed"]

OUT_KINDS: Final = ("last_gasp", "ping_off", "inferred_outage", "no_power", "partial_power")
"""Kinds that say *out*. Each owns one bit of a point's mask: many reports of a kind are one piece of evidence."""
ON_KINDS: Final = (
    "power_restored",
    "ping_on",
    "voltage_sag",
    "voltage_swell",
    "voltage_normal",
    "disconnected",
    "connected",
    "installed",
    "power_back",
)
"""Kinds that say *on*: who measures a voltage, obeys a command or was just installed has a live line side."""

OUT_BIT: Final = tuple(1 << OUT_KINDS.index(kind) if kind in OUT_KINDS else 0 for kind in EVIDENCE_KINDS)
SAYS_ON: Final = tuple(kind in ON_KINDS for kind in EVIDENCE_KINDS)
METER_BITS: Final = OUT_BIT[KIND_CODE["last_gasp"]] | OUT_BIT[KIND_CODE["ping_off"]]
"""The bits by which the meter itself has answered; without them its silence still counts beside a call."""
WITNESS_BITS: Final = (
    OUT_BIT[KIND_CODE["ping_off"]] | OUT_BIT[KIND_CODE["no_power"]] | OUT_BIT[KIND_CODE["partial_power"]]
)
"""The bits that publish a suspected single service at once: a failed ping, a customer's call."""
