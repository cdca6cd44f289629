"""Dashboards as the files that Grafana reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from adapters.grafana.details import CONNECTORS, PARTITIONS
from adapters.grafana.overviews import EXECUTIVE, FLOWS

if TYPE_CHECKING:
    from adapters.grafana.declaration import Dashboard, Panel, Variable

DASHBOARDS: Final = (EXECUTIVE, FLOWS, PARTITIONS, CONNECTORS)
_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
_SCHEMA_VERSION: Final = 41
_CURVE_SIZE: Final = {"w": 12, "h": 8}
_NUMBER_SIZE: Final = {"w": 6, "h": 4}
_WIDTH: Final = 24


def dashboard_files(runbooks: str) -> dict[str, str]:
    """Return the files by their paths in `k8s/`."""
    style = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return {
        f"monitoring/dashboards/{one.name}.json": orjson.dumps(document(one, runbooks), option=style).decode()
        for one in DASHBOARDS
    }


def document(dashboard: Dashboard, runbooks: str) -> dict[str, Any]:
    """Return a dashboard as Grafana's schema has it."""
    source = {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
    return {
        "uid": f"faultline-{dashboard.name}",
        "title": dashboard.title,
        "tags": ["faultline"],
        "editable": False,
        "schemaVersion": _SCHEMA_VERSION,
        "timezone": "utc",
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [source, *map(_variable, dashboard.variables)]},
        "panels": _panels(dashboard, runbooks),
    }


def _variable(variable: Variable) -> dict[str, Any]:
    return {
        "name": variable.name,
        "type": "query",
        "datasource": _SOURCE,
        "query": f"label_values({variable.metric}, {variable.label})",
        "refresh": 2,
        "includeAll": variable.name != "flow",
        "multi": variable.name != "flow",
        "sort": 3,
    }


def _panels(dashboard: Dashboard, runbooks: str) -> list[dict[str, Any]]:
    panels: list[dict[str, Any]] = []
    x = y = 0
    for number, panel in enumerate(dashboard.panels, 1):
        size = _NUMBER_SIZE if panel.single else _CURVE_SIZE
        if x + size["w"] > _WIDTH:
            x, y = 0, y + panels[-1]["gridPos"]["h"]
        panels.append(_panel(panel, number, {"x": x, "y": y, **size}, runbooks))
        x += size["w"]
    return panels


def _panel(panel: Panel, number: int, place: dict[str, int], runbooks: str) -> dict[str, Any]:
    return {
        "id": number,
        "type": "stat" if panel.single else "timeseries",
        "title": panel.title,
        "description": panel.description,
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + index), "datasource": _SOURCE, "expr": expression, "legendFormat": legend}
            for index, (expression, legend) in enumerate(panel.lines)
        ],
        "links": [{"title": "Runbook", "url": f"{runbooks}/{panel.runbook}.md", "targetBlank": True}],
    }
