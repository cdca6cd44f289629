"""The contracts as documents: a JSON Schema for each and one page that lists all fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from models.contracts.inputs.call import CallEvent
from models.contracts.inputs.crew import CrewEvent
from models.contracts.inputs.meter import MeterEvent
from models.contracts.inputs.operator_command import OperatorCommand
from models.contracts.inputs.planned_work import PlannedWorkEvent
from models.contracts.inputs.scada import ScadaEvent
from models.contracts.outputs.connector_health import ConnectorHealthRecord
from models.contracts.outputs.dead_letter import DeadLetter
from models.contracts.outputs.fault import FaultRecord
from models.contracts.outputs.network import DeviceStateRecord, UsagePointRecord, ZoneStateRecord
from models.contracts.registry import outputs, tables
from models.contracts.topics import (
    CALL_EVENTS,
    CONNECTOR_HEALTH,
    CONNECTOR_STATE,
    CREW_EVENTS,
    DEVICE_STATE,
    METER_EVENTS,
    OPERATOR_COMMANDS,
    SCADA_EVENTS,
    USAGE_POINT_STATE,
    WORK_EVENTS,
    ZONE_STATE,
    dead_letter_topic,
)

if TYPE_CHECKING:
    from pydantic import BaseModel


class UsedContract(NamedTuple):
    """A contract and where it is used."""

    name: str
    model: type[BaseModel]
    topics: tuple[str, ...]


_INPUTS: Final = (
    UsedContract("meter", MeterEvent, (METER_EVENTS,)),
    UsedContract("scada", ScadaEvent, (SCADA_EVENTS,)),
    UsedContract("call", CallEvent, (CALL_EVENTS,)),
    UsedContract("crew", CrewEvent, (CREW_EVENTS,)),
    UsedContract("planned_work", PlannedWorkEvent, (WORK_EVENTS,)),
    UsedContract("operator_command", OperatorCommand, (OPERATOR_COMMANDS,)),
)
_OF_CONNECTORS: Final = (UsedContract("connector_health", ConnectorHealthRecord, (CONNECTOR_HEALTH, CONNECTOR_STATE)),)
_OF_THE_NETWORK: Final = (
    UsedContract("usage_point", UsagePointRecord, (USAGE_POINT_STATE,)),
    UsedContract("zone_state", ZoneStateRecord, (ZONE_STATE,)),
    UsedContract("device_state", DeviceStateRecord, (DEVICE_STATE,)),
)
_OF_FILES: Final = (
    UsedContract("dead_letter", DeadLetter, (dead_letter_topic("<topic>"),)),
    UsedContract("fault", FaultRecord, ("truth/faults.jsonl",)),
)

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_HEAD: Final = """# Events

Every topic's records, generated from the code by `make reference`. JSON objects, one a line in files. In inputs times
are ISO 8601 with a zone or epoch milliseconds, unknown extra fields are ignored and an optional field may be null or
missing. In outputs times are ISO 8601 in UTC with milliseconds and `Z`, every field is always present and null is
unknown. The JSON Schemas stand in [schemas/](schemas/).

A time is a date and a time of day with a zone, for example `2026-07-01T18:04:05.250Z`, `2026-07-01 20:04+02:00` or
`20260701T180405Z`; what is finer than milliseconds is cut off. Refused are times without a zone, `24:00`, the leap
second `:60`, week and ordinal dates, fractions of a millisecond in a number, and years before 1970.

A line may also be a record captured with `kcat -C -J`: an object with `payload` and without `event_id`. Its payload, a
string of JSON or an object, is the event; nothing else in it counts.

Of an object that names a field twice the last one counts. Lines are UTF-8 and nest at most 256 levels deep.
"""


def all_contracts() -> tuple[UsedContract, ...]:
    """Give all contracts, inputs before outputs."""
    used: dict[str, UsedContract] = {}
    for output in outputs():
        for contract in filter(None, (output.contract, output.tombstone)):
            topics = used[contract.name].topics if contract.name in used else ()
            used[contract.name] = UsedContract(*contract, (*topics, output.topic))
    outside = (UsedContract(*table.contract, (table.topic,)) for table in tables())
    return (*_INPUTS, *outside, *used.values(), *_OF_CONNECTORS, *_OF_THE_NETWORK, *_OF_FILES)


def contract_pages() -> dict[str, str]:
    """Return the text of each file below `docs/reference/`, by its path there."""
    contracts = all_contracts()
    pages = {f"schemas/{contract.name}.schema.json": _schema_text(contract) for contract in contracts}
    pages["events.md"] = "\n".join([_HEAD, *map(_section, contracts)])
    return pages


def _schema_text(contract: UsedContract) -> str:
    schema = {"$schema": _DRAFT, "$comment": ", ".join(contract.topics), **_open(contract.model.model_json_schema())}
    return orjson.dumps(schema, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE).decode()


def _open(schema: Any) -> Any:  # noqa: ANN401 (a schema is any JSON)
    """Let a schema take fields that it does not know: a later version may add some, and no reader may refuse them."""
    if isinstance(schema, dict):
        return {name: _open(part) for name, part in schema.items() if name != "additionalProperties" or part}
    return [_open(part) for part in schema] if isinstance(schema, list) else schema


def _section(contract: UsedContract) -> str:
    schema = contract.model.model_json_schema()
    required = set(schema["required"])
    rows = [
        f"| `{name}` | {_type(field, schema)} | {_need(name in required, field)} | {field['description']} |"
        for name, field in schema["properties"].items()
    ]
    topics = " and ".join(f"`{topic}`" for topic in contract.topics)
    text = " ".join((contract.model.__doc__ or "").split())
    head = [f"## {contract.name.replace('_', ' ')}: {topics}", "", text, ""]
    return "\n".join([*head, "| field | type | | meaning |", "|---|---|---|---|", *rows, ""])


def _need(required: bool, field: dict[str, Any]) -> str:  # noqa: FBT001 (a word for a fact)
    if not required:
        return "optional"
    return "or null" if {"type": "null"} in field.get("anyOf", ()) else ""


def _type(field: dict[str, Any], schema: dict[str, Any]) -> str:
    """Put a field's schema into a few words."""
    if "$ref" in field:
        target = schema["$defs"][field["$ref"].rsplit("/", 1)[-1]]
        return "object: " + ", ".join(f"`{name}` {_type(part, schema)}" for name, part in target["properties"].items())
    if "anyOf" in field:
        kinds = [_type(part, schema) for part in field["anyOf"] if part != {"type": "null"}]
        return "time" if "time" in kinds else " or ".join(kinds)
    values = field.get("enum", [field["const"]] if "const" in field else [])
    if values:
        return ", ".join(f"`{value}`" for value in values)
    if field["type"] == "array":
        return f"list of {_type(field['items'], schema)}s"
    return "time" if field.get("format") == "date-time" else str(field["type"])
