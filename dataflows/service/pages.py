"""The reference page of the flows, written from their declarations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.kafka.topics.table import all_topics
from adapters.metrics.table import flows_of, measured_flows, rows_of
from dataflows.service.flows import find_flows
from dataflows.service.settings import ServiceSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo

    from dataflows.service.flows import Flow

_HEAD: Final = """# Flows

Every flow, generated from the code by `make reference`: `faultline run NAME` runs one of its processes. Topics are
described in [topics.md](topics.md), metrics in [metrics.md](metrics.md). Settings are options, variables
(`FAULTLINE_` and the name in capitals) or names in the file of `--config`; `faultline config show` tells where each
value came from. `kafka_*` settings say how the broker is reached.
"""


def flow_page() -> str:
    """Return the text of `docs/reference/flows.md`."""
    every = ["## Settings of every flow", "", *_settings(ServiceSettings.model_fields), ""]
    return "\n".join([_HEAD, *every, *map(_section, find_flows().values())])


def _section(flow: Flow) -> str:
    own = {
        name: field for name, field in flow.settings.model_fields.items() if name not in ServiceSettings.model_fields
    }
    written = [topic.stem for topic in all_topics() if flow.name in topic.writers]
    metrics = [row.name for row in rows_of(flow.name) if flows_of(row) != measured_flows()]
    facts = [
        f"- reads {_listed((*flow.reads, *flow.imports))}",
        f"- writes {_listed(written)}",
        f"- metrics besides those of every flow: {_listed(metrics)}",
        *(["- `--offline` plays a stretch of what it reads again, into files"] if flow.offline else []),
    ]
    return "\n".join([f"## {flow.name}", "", flow.summary, "", *facts, "", *_settings(own), ""])


def _settings(fields: Mapping[str, FieldInfo]) -> list[str]:
    rows = [f"| `{name}` | {_default(field)} | {field.description} |" for name, field in fields.items()]
    return ["| setting | default | |", "|---|---|---|", *rows] if rows else ["It has no settings of its own."]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    return "" if field.default in (None, "") else f"`{field.default}`"


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nothing"
