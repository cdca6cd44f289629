"""The one table of metrics: which rows each flow has. Registries and docs/reference/metrics.md are made from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.metrics.tables import canary, connector, evidence, ingest, outages, sending, service, state

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.metrics.declaration import Row

    Sections = Mapping[str, tuple[Row, ...]]

_TITLES: Final = ("Records", "Time", "Outages", "State", "Broker and process", "Connectors", "Notifications", "Canary")
"""Of the page, in order; a flow may add others."""
_BY_FLOW: Final[dict[str, tuple[Sections, ...]]] = {
    "ingest": (service.SECTIONS, evidence.SECTIONS, ingest.SECTIONS),
    "outages": (service.SECTIONS, evidence.SECTIONS, state.SECTIONS, outages.SECTIONS),
}
CONNECT: Final = "connect"
SEND: Final = "send"
CANARY: Final = "canary"
_OTHERS: Final[dict[str, tuple[Sections, ...]]] = {
    CONNECT: (connector.SECTIONS,),
    SEND: (sending.SECTIONS,),
    CANARY: (canary.SECTIONS,),
}
"""Processes that are no flows."""


def measured_flows() -> tuple[str, ...]:
    """Give the flows that have metrics."""
    return tuple(_BY_FLOW)


def rows_of(flow: str) -> tuple[Row, ...]:
    """Give the metrics of a flow, or of the connectors; `KeyError` if it is none."""
    return tuple(row for sections in {**_BY_FLOW, **_OTHERS}[flow] for rows in sections.values() for row in rows)


def flows_of(row: Row) -> tuple[str, ...]:
    """Give the flows that have a metric."""
    return tuple(flow for flow in {**_BY_FLOW, **_OTHERS} if row in rows_of(flow))


def all_sections() -> Sections:
    """Give all metrics by section, each once, in the order of the page."""
    found: dict[str, dict[Row, None]] = {title: {} for title in _TITLES}
    for table in (table for tables in {**_BY_FLOW, **_OTHERS}.values() for table in tables):
        for title, rows in table.items():
            found.setdefault(title, {}).update(dict.fromkeys(rows))
    return {title: tuple(rows) for title, rows in found.items()}


def all_rows() -> tuple[Row, ...]:
    """Give all metrics, in the order of the page."""
    return tuple(row for rows in all_sections().values() for row in rows)


def declare(flow: str, own: Sections) -> None:
    """Add a flow that is not Faultline's own, with what it tells besides what every flow with a state tells."""
    _BY_FLOW.setdefault(flow, (service.SECTIONS, state.SECTIONS, own))
