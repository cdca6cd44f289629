"""The objects that are generated stand in `k8s/` as the code would write them, and say what the tables say."""

import os
from pathlib import Path

import orjson
import pytest

from adapters.kafka.topics.table import all_topics
from adapters.kubernetes.user_objects import Rule, rules_of
from cli.reference import kubernetes_objects
from dataflows.service.flows import find_flows
from models.contracts.topics import EVIDENCE_LOG, METER_EVENTS, OUTAGE_STATE, SCADA_EVENTS
from tests.peers.kubernetes import render, skip_without_kubernetes

HOME = Path(__file__).parents[3]


@pytest.mark.parametrize("path", kubernetes_objects())
def test_what_is_generated_is_current(path: str) -> None:
    assert (HOME / "k8s" / path).read_text("utf-8") == kubernetes_objects()[path], "run make reference"


def test_every_flow_runs() -> None:
    flows = (HOME / "k8s" / "base" / "flows" / "kustomization.yaml").read_text("utf-8")
    assert [line.strip("- ") for line in flows.splitlines() if ".yaml" in line] == [
        f"{name}.yaml" for name in find_flows()
    ]


def operations(role: str) -> dict[str, set[str]]:
    return {rule.name: set(rule.operations) for rule in rules_of(role) if rule.kind == "topic"}


def test_nobody_may_write_what_another_owns() -> None:
    for topic in all_topics():
        for role in ("ingest", "outages", "connectors", "operators"):
            assert ("Write" in operations(role).get(topic.stem, set())) == (role in topic.writers)


def test_each_role_has_what_it_reads_and_writes_and_no_more() -> None:
    assert operations("ingest")[METER_EVENTS] == {"Describe", "DescribeConfigs", "Read"}
    assert operations("outages")[METER_EVENTS] == {"Describe", "DescribeConfigs"}
    assert operations("outages")[EVIDENCE_LOG] == {"Describe", "DescribeConfigs", "Read"}
    assert {"Read", "Write"} <= operations("outages")[OUTAGE_STATE]
    assert SCADA_EVENTS in operations("connectors")
    assert METER_EVENTS not in operations("connectors")
    ids = [rule for rule in rules_of("outages") if rule.kind == "transactionalId"]
    assert ids == [Rule("transactionalId", "faultline-outages", ("Describe", "Write"), "prefix")]


def test_warnings_are_a_component_that_runs_by_a_policy_of_ones_own(tmp_path: Path) -> None:
    skip_without_kubernetes()
    (tmp_path / "alerts.toml").write_text('sender = "me@power.example"\n')
    bases = {name: os.path.relpath(HOME / "k8s" / name, tmp_path.resolve()) for name in ("base", "components/alerts")}
    policy = {"name": "faultline-alerts-policy", "files": ["alerts.toml"]}
    overlay = {"resources": [bases["base"]], "components": [bases["components/alerts"]], "configMapGenerator": [policy]}
    (tmp_path / "kustomization.yaml").write_bytes(orjson.dumps(overlay))
    whole = render(tmp_path)
    objects = {
        (one.partition("kind: ")[2].split()[0], one.partition("\n  name: ")[2].split()[0]): one
        for one in whole.split("---\n")
    }
    flow, feed = objects["StatefulSet", "faultline-alerts"], objects["Deployment", "faultline-alerts-feed"]
    (made,) = (name for kind, name in objects if kind == "ConfigMap" and name.startswith("faultline-alerts-policy-"))
    assert "me@power.example" in objects["ConfigMap", made]
    for one in (flow, feed):
        assert f"name: {made}" in one
        assert "mountPath: /policy" in one
    assert "value: dataflows.alerts.declaration" in flow
    assert "value: /policy/alerts.toml" in flow
