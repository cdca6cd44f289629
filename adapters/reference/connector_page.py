"""The reference page of the connectors' settings and mapping, written from the code."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from adapters.gateways.settings import GatewayEndpoint
from adapters.one_way.settings import OneWaySettings, ReceiverSettings
from adapters.opcua.settings import EndpointSettings, OpcUaSettings
from adapters.tables.points import POINTS

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

_HEAD: Final = """# Connectors

The settings of `faultline connect` and the columns of its mapping, generated from the code by `make reference`.
[connectors.md](../connectors.md) says how they are used. Kafka's settings (`kafka`, `kafka_*`, `topic_prefix`) stand in
the same file, or in the environment as for every command. Secrets stand in files.
"""
_COLUMNS: Final = {
    "endpoint": "Name of a system in the settings.",
    "node_id": "`nsu=<URI>;s=<name>` (or `;i=`, `;g=`, `;b=`). Of an alarm the condition's node, or what it is about.",
    "device_id": "Device as in the devices table.",
    "kind": "`position`, `alarm`, `operation_count`, `fault_indicator`, `fault_current`, `fault_distance`, `current`, "
    "`voltage` or `mode`.",
    "reads": "Of a position: `boolean` (true is closed), `double_point` (0 intermediate, 1 open, 2 closed, 3 unknown) "
    "or `lockout` (true is open for good, false says nothing). Default `boolean`.",
    "inverted": "`true` where the value means the opposite.",
    "mode": "With kind `mode`: which one holds while the value is true.",
    "phases": "Letters of `ABC`; all where it is empty.",
    "scan_seconds": "How often the control system asks the device; 0 where the device speaks by itself.",
    "debounce_ms": "A position that goes back within this time has not been left.",
    "deadband": "The least change of a number that the server tells of.",
}


def connector_page() -> str:
    """Return the text of `docs/reference/connectors.md`."""
    columns = [f"| `{name}` | {_needed(name in POINTS.required)} | {_COLUMNS[name]} |" for name in POINTS.columns]
    return "\n".join(
        [
            _HEAD,
            *_section("Settings", OpcUaSettings, without="endpoints"),
            *_section("Of each `[[endpoints]]` of `connect opcua`", EndpointSettings),
            *_section("Of each `[[endpoints]]` of `connect gateway`", GatewayEndpoint),
            *_section("Of the table `[one_way]` of `connect send`", OneWaySettings),
            *_section("Settings of `connect receive`", ReceiverSettings),
            "## Columns of the mapping",
            "",
            "| column | | meaning |",
            "|---|---|---|",
            *columns,
            "",
        ]
    )


def _section(title: str, model: type[BaseModel], without: str = "") -> list[str]:
    rows = [
        f"| `{name}` | {_default(field)} | {field.description} |"
        for name, field in model.model_fields.items()
        if name != without
    ]
    return [f"## {title}", "", "| setting | default | meaning |", "|---|---|---|", *rows, ""]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default.value if isinstance(field.default, Enum) else field.default
    if value in (None, ""):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else f'{value:g}' if isinstance(value, float) else value}`"


def _needed(required: bool) -> str:  # noqa: FBT001 (a word for a fact)
    return "required" if required else ""
