"""The image as a pod would run it. `make image-test` builds it and runs this; it takes some minutes, so CI does not."""

from __future__ import annotations

import os
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from adapters.kafka.topics.admin import create_topics
from adapters.kafka.topics.table import layout
from scripts.kafka.ports import HOST, free_ports
from tests.peers.containers import Container, container
from tests.peers.kafka import eventually
from tests.peers.kubernetes import named, objects_of, render
from tests.peers.opcua_command import make_network
from tests.scripts.test_bill import in_bill, of_debian

K8S = Path(__file__).parents[2] / "k8s"
IMAGE = os.environ.get("FAULTLINE_IMAGE", "")
COUNT_MISSES = """
from cli.machine_code import keep_machine_code
keep_machine_code()
from dataflows.service.warm_up import warm_up
warm_up()
from models.columns.compiled import LOOPS
print("loops", len(LOOPS), "used", sum(bool(loop.stats.cache_hits) for loop in LOOPS),
    "misses", sum(sum(loop.stats.cache_misses.values()) for loop in LOOPS))
"""
LIST_PACKAGES = """
from importlib.metadata import distributions
for one in distributions():
    if one.name != "faultline":
        print(one.name, one.version)
"""

if IMAGE:

    def show(figure: str) -> None:
        print(figure)  # noqa: T201 (what was measured; `make image-test` shows it)

    def answers(address: str) -> bool:
        try:
            return bool(urlopen(address, timeout=5).status == 200)  # noqa: S310 (ours)
        except URLError:
            return False

    def test_its_machine_code_is_all_there(bundle: Path, tmp_path: Path) -> None:
        with container(bundle, tmp_path, ["python", "-c", COUNT_MISSES], {}, {}) as made:
            assert made.process.wait(120) == 0, made.told()
            show(made.told())
            assert made.told().split()[-2:] == ["misses", "0"]
            assert int(made.told().split()[3]) > 10

    def test_its_bill_has_all_that_is_in_it(bundle: Path, tmp_path: Path) -> None:
        root = bundle / "rootfs"
        bill = root / "opt/faultline/bill.cdx.json"
        with container(bundle, tmp_path, ["python", "-c", LIST_PACKAGES], {}, {}) as made:
            assert made.process.wait(120) == 0, made.told()
            assert {f"{name} {version}" for name, version, _ in in_bill(bill, "pypi")} == set(made.told().splitlines())
        debian = {f"{name} {version} {purl.rpartition('arch=')[2]}" for name, version, purl in in_bill(bill, "deb")}
        assert debian == of_debian((root / "var/lib/dpkg/status").read_text())

    @pytest.mark.parametrize("flow", ["ingest", "outages"])
    def test_a_flow_runs_as_restricted_as_a_pod(
        bundle: Path, tmp_path: Path, kafka: str, prefix: str, flow: str
    ) -> None:
        create_topics({"bootstrap.servers": kafka}, layout(2, 8, prefix), 1)
        network = make_network(tmp_path / "network", ["breaker"])
        (port,) = free_ports(1)
        pod = pod_of(flow)
        assert {mount["mountPath"] for mount in pod["volumeMounts"]} > {"/tmp", "/var/lib/faultline"}  # noqa: S108
        variables = {one["name"]: one.get("value", "0") for one in pod["env"]} | {
            "FAULTLINE_KAFKA": kafka,
            "FAULTLINE_TOPIC_PREFIX": prefix,
            "FAULTLINE_NETWORK": "/network",
            "FAULTLINE_LISTEN": f"{HOST}:{port}",
            "FAULTLINE_LOG_FORMAT": "json",
        }
        begun = monotonic()
        with container(bundle, tmp_path, ["faultline", *pod["args"]], variables, {network: "/network"}) as made:
            eventually(lambda: answers(f"http://{HOST}:{port}/readyz") or made.process.poll() is not None, 120)
            assert made.process.poll() is None, made.told()
            show(f"{flow}: ready after {monotonic() - begun:.1f} s")
            assert_restricted(made)
            made.signal("TERM")
            assert made.process.wait(60) == 0, made.told()
            assert "stopped cleanly" in made.told()
            assert "compiling" not in made.told()

    def pod_of(flow: str) -> dict[str, Any]:
        """The container of the flow's StatefulSet, as kustomize renders it."""
        found = named(objects_of(render(K8S / "base")), "StatefulSet", f"faultline-{flow}")
        return dict(found["spec"]["template"]["spec"]["containers"][0])

    def assert_restricted(made: Container) -> None:
        status = made.status()
        assert status["Uid"].split() == ["10001"] * 4
        assert (status["NoNewPrivs"], int(status["CapEff"], 16), status["NSpid"].split()[-1]) == ("1", 0, "1")
        refused = made.execute("touch", "/opt/faultline/x")
        assert "Read-only file system" in refused.stderr
