"""Each alert fires when it must and is quiet when it must not, as Prometheus itself works it out."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest

from adapters.metrics.table import all_rows
from adapters.prometheus.declaration import Alert, Group
from adapters.prometheus.objectives import RECORDING
from adapters.prometheus.rules import RUNBOOKS, all_alerts, all_groups, render
from dataflows.service.flows import find_flows
from tests.adapters.prometheus.cases import CASES, HEALTHY, Series
from tests.peers.prometheus import check_rules, skip_without

HOME = Path(__file__).parents[3]
RUNBOOK = HOME / "docs" / "runbooks"
ALERTS = {alert.name: alert for alert in all_alerts(find_flows())}
ALL = render(all_groups(find_flows()), RUNBOOKS)
SECTIONS = ("## What it means", "## What people feel", "## What to look at", "## What to do", "## Whom to call")


def firing(name: str, series: Series, samples: int, minutes: int, *, fires: bool) -> dict[str, Any]:
    """A test of promtool's: over all that is well lie some series."""
    laid = HEALTHY | series
    return {
        "interval": f"{minutes}m",
        "input_series": [{"series": key, "values": values.format(n=samples)} for key, values in laid.items()],
        "promql_expr_test": [
            {
                "expr": f'count(ALERTS{{alertname="{name}",alertstate="firing"}}) > bool 0',
                "eval_time": f"{samples * minutes}m",
                "exp_samples": [{"labels": "{}", "value": 1}] if fires else [],
            }
        ],
    }


def rules_for(name: str) -> str:
    """The alert, and the recording rules if it stands on them."""
    rules = tuple(alert for alert in all_alerts(find_flows()) if alert.name == name)
    below = (RECORDING,) if any("cluster:" in alert.expression for alert in rules) else ()
    return render((*below, Group("one", rules)), RUNBOOKS)


def run_promtool(
    folder: Path, rules: str, tests: list[dict[str, Any]], minutes: int = 1
) -> subprocess.CompletedProcess[str]:
    skip_without("promtool")
    (folder / "rules.yaml").write_text(rules)
    document = {"rule_files": ["rules.yaml"], "evaluation_interval": f"{minutes}m", "tests": tests}
    (folder / "tests.yaml").write_bytes(orjson.dumps(document))
    command = ["promtool", "test", "rules", "tests.yaml"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_every_alert_has_a_case() -> None:
    assert sorted(CASES) == sorted(ALERTS)


@pytest.mark.parametrize("name", sorted(CASES))
def test_an_alert_fires_and_is_quiet(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    tests = [firing(name, case.firing, case.samples, case.minutes, fires=True)]
    if name != "FaultlineWatchdog":
        tests.append(firing(name, case.quiet, case.samples, case.minutes, fires=False))
    ended = run_promtool(tmp_path, rules_for(name), tests, case.minutes)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_nothing_but_the_watchdog_fires_where_all_is_well(tmp_path: Path) -> None:
    others = firing("FaultlineWatchdog", {}, 120, 1, fires=True)
    others["promql_expr_test"][0]["expr"] = 'count(ALERTS{alertstate="firing"})'
    ended = run_promtool(tmp_path, ALL, [others])
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_promtool_finds_no_fault(tmp_path: Path) -> None:
    skip_without("promtool")
    check_rules(tmp_path, ALL)


def test_rules_read_what_there_is() -> None:
    known = {row.name for row in all_rows()} | {"process_start_time_seconds"}
    recorded = {rule.name for group in all_groups(find_flows()) for rule in group.rules if not isinstance(rule, Alert)}
    for group in all_groups(find_flows()):
        for rule in group.rules:
            read = set(re.findall(r"[a-z]*:?(?:faultline|process)_[a-z_]+(?::[a-z_0-9]+)?", unquoted(rule.expression)))
            assert read - recorded <= {f"{name}{end}" for name in known for end in ("", "_bucket", "_count")}, rule


def unquoted(expression: str) -> str:
    return re.sub(r'"[^"]*"', "", expression)


@pytest.mark.parametrize("alert", ALERTS.values(), ids=list(ALERTS))
def test_an_alert_leads_to_a_runbook(alert: Alert) -> None:
    page = (RUNBOOK / f"{alert.name}.md").read_text("utf-8")
    assert page.startswith(f"# {alert.name}\n")
    assert [line for line in page.splitlines() if line.startswith("## ")] == list(SECTIONS)
    assert "$value" in alert.description or alert.name == "FaultlineWatchdog" or "since" in alert.description


def test_every_runbook_is_of_an_alert() -> None:
    assert {path.stem for path in RUNBOOK.glob("Faultline*.md")} == set(ALERTS)
