"""Dashboards show what there is, and lead to runbooks that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapters.grafana.declaration import Dashboard
from adapters.grafana.files import DASHBOARDS, document
from adapters.metrics.table import all_rows
from adapters.prometheus.declaration import Recording
from adapters.prometheus.objectives import RECORDING

HOME = Path(__file__).parents[3]
KNOWN = {f"{row.name}{end}" for row in all_rows() for end in ("", "_bucket", "_sum", "_count")}
RECORDED = {rule.name for rule in RECORDING.rules if isinstance(rule, Recording)}
PROCESS = {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_start_time_seconds"}


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda one: one.name)
def test_a_dashboard_shows_what_there_is(dashboard: Dashboard) -> None:
    for panel in dashboard.panels:
        assert (HOME / "docs" / "runbooks" / f"{panel.runbook}.md").is_file(), panel
        for expression, legend in panel.lines:
            bare = re.sub(r'"[^"]*"', "", expression)
            named = set(re.findall(r"[a-z]*:?(?:faultline|process)_[a-z_]+(?::[a-z_0-9]+)?", bare))
            assert named <= KNOWN | RECORDED | PROCESS
            assert legend
    assert {variable.metric for variable in dashboard.variables} <= KNOWN


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda one: one.name)
def test_panels_stand_beside_each_other(dashboard: Dashboard) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in document(dashboard, "https://runbooks.example")["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_every_dashboard_is_given_to_grafana() -> None:
    listed = (HOME / "k8s" / "monitoring" / "kustomization.yaml").read_text("utf-8")
    assert [line.split("/")[1] for line in listed.splitlines() if "dashboards/" in line] == [
        f"{one.name}.json" for one in DASHBOARDS
    ]
