"""The rules as files: for Prometheus itself, and as the object that its operator takes."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING, Final

import orjson

from adapters.prometheus.canary import CANARY
from adapters.prometheus.connectors import CONNECTORS
from adapters.prometheus.declaration import Alert, Group, Recording
from adapters.prometheus.evidence import EVIDENCE
from adapters.prometheus.objectives import BURNING, RECORDING
from adapters.prometheus.processes import process_alerts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RUNBOOKS: Final = "https://faultline.invalid/runbooks"
"""Where runbooks are published; whoever publishes them says where (`faultline reference --runbooks`)."""
_NOTE: Final = "# Written by `make reference` from adapters/prometheus/.\n"
_OBJECT: Final = """apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: faultline
spec:
"""


def all_groups(flows: Iterable[str]) -> tuple[Group, ...]:
    """Give all rules; there is an alert on the absence of each flow."""
    return (RECORDING, BURNING, process_alerts(flows), EVIDENCE, CONNECTORS, CANARY)


def all_alerts(flows: Iterable[str]) -> tuple[Alert, ...]:
    """Give all alerts."""
    return tuple(rule for group in all_groups(flows) for rule in group.rules if isinstance(rule, Alert))


def rule_files(flows: Iterable[str], runbooks: str) -> dict[str, str]:
    """Return the files by their paths in `k8s/`."""
    groups = render(all_groups(flows), runbooks)
    return {
        "monitoring/faultline.rules.yaml": _NOTE + groups,
        "monitoring/rules.yaml": _NOTE + _OBJECT + indent(groups, "  "),
    }


def render(groups: Iterable[Group], runbooks: str) -> str:
    """Return a file of rules as Prometheus reads it."""
    return "groups:\n" + "".join(_group(group, runbooks) for group in groups)


def _group(group: Group, runbooks: str) -> str:
    return f"  - name: {group.name}\n    rules:\n" + "".join(
        _alert(rule, runbooks) if isinstance(rule, Alert) else _recording(rule) for rule in group.rules
    )


def _recording(rule: Recording) -> str:
    return f"      - record: {rule.name}\n{_expression(rule.expression)}"


def _alert(alert: Alert, runbooks: str) -> str:
    labels = {"severity": alert.severity, "service": "faultline", **alert.labels}
    annotations = {
        "summary": alert.summary,
        "description": alert.description,
        "runbook_url": f"{runbooks}/{alert.name}.md",
    }
    wait = f"        for: {alert.wait}\n" if alert.wait != "0m" else ""
    return (
        f"      - alert: {alert.name}\n{_expression(alert.expression)}{wait}"
        f"        labels:\n{_mapping(labels)}        annotations:\n{_mapping(annotations)}"
    )


def _expression(expression: str) -> str:
    return f"        expr: |-\n{indent(expression, ' ' * 10)}\n"


def _mapping(values: Mapping[str, str]) -> str:
    """Write texts as JSON does, which YAML takes as it is."""
    return "".join(f"          {name}: {orjson.dumps(value).decode()}\n" for name, value in values.items())
