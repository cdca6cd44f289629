"""A storm through the pods of the rendered StatefulSets: scaled 1, 3, 2 and rolled, and the same bytes come out.

The overlay is one as docs/kubernetes.md has it. Other than on a cluster are addresses alone: where Kafka is, where a
pod listens, the topics' prefix.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import orjson
import pytest

from models.contracts.topics import OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP, OUTAGE_RESTORATION
from tests.chaos.accounting import account
from tests.chaos.outputs import assert_never_back, assert_offline_gives, read_output
from tests.chaos.processes import run
from tests.chaos.stage import PATIENCE, Stage, record_storm
from tests.peers.kafka import eventually, skip_without_kafka
from tests.peers.kubernetes import objects_of, render
from tests.peers.pods import Node, Pod
from tests.peers.secure_kafka import SecureKafka, secure_kafka
from tests.worlds.storms import spoil

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.peers.pods import Object

K8S = Path(__file__).parents[2] / "k8s"
FLOWS = ("ingest", "outages")
PARTITIONS = 3
STORM = "--seed 7 --preset long --duration 0.5 --faults-per-hour 250 --copies 0.3 --false-gasps 0.002 --calls 0.2"
STORM += " --crews on --scada on --planned-works on --operators 0.5"

if os.environ.get("FAULTLINE_IMAGE"):

    @pytest.fixture(scope="module")
    def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
        """A broker that asks the pods for their certificates, as Strimzi's does."""
        skip_without_kafka()
        with secure_kafka(tmp_path_factory.mktemp("kafka")) as broker:
            yield broker

    @pytest.fixture(scope="module")
    def utility(tmp_path_factory: pytest.TempPathFactory) -> Path:
        """A network of three evidence partitions, compiled in `claim` as on the claim's volume; its storm, spoiled."""
        folder = tmp_path_factory.mktemp("utility")
        claim, tables = folder / "claim", folder / "tables"
        claim.mkdir()
        run("", "network", "generate", "--usage-points", 12_000, "--seed", 3, "--output", tables)
        options = ("--network", tables, "--output", claim / "current.network")
        run("", "network", "compile", *options, "--evidence-partitions", PARTITIONS)
        run("", "simulate", "--network", tables, "--output", folder / "storm", *STORM.split())
        spoil(folder / "storm", folder / "spoiled")
        return folder

    @pytest.fixture
    def stage(secure: SecureKafka, utility: Path, tmp_path: Path) -> Iterator[Stage]:
        address, compiled = secure.broker.bootstrap, utility / "claim" / "current.network"
        script = record_storm(address, "recorded.", compiled, utility / "spoiled", PARTITIONS)
        with Stage(address, f"t{secrets.token_hex(4)}.", compiled, tmp_path / "stage", script, PARTITIONS) as stage:
            yield stage

    @pytest.fixture
    def node(bundle: Path, secure: SecureKafka, utility: Path, tmp_path: Path) -> Node:
        """What the cluster has besides: the claim, and the Secrets as Strimzi makes them."""
        users = {f"faultline-{flow}": secure.authority.issue(f"faultline-{flow}") for flow in FLOWS}
        found = {name: {"user.crt": certificate, "user.key": key} for name, (certificate, key) in users.items()}
        found["faultline-kafka-authority"] = {"ca.crt": secure.authority.certificate}
        return Node(bundle, tmp_path, {"faultline-network": utility / "claim"}, found)

    def test_a_storm_through_pods_that_are_scaled_and_rolled(
        stage: Stage, node: Node, secure: SecureKafka, tmp_path: Path
    ) -> None:
        begun = monotonic()
        cluster = Cluster(stage, node, tmp_path / "overlay", secure.address("MUTUAL"))
        player = stage.play(rate=len(stage.script) / 60)
        for replicas, share in ((1, 0.2), (3, 0.5), (2, 0.7)):
            cluster.delete()
            cluster.apply(replicas)
            stage.part_way(share - 0.1)
            player.release(share)  # it goes on while they stop and start
        cluster.roll()
        stage.finish()
        show(f"storm of {len(stage.script)} records through pods: {monotonic() - begun:.0f} s")
        output = read_output(stage)
        assert all(output.values(topic) for topic in (OUTAGE_LIFECYCLE, OUTAGE_RESTORATION, OUTAGE_MEMBERSHIP))
        assert output.repeats == 0
        assert_offline_gives(stage, output, tmp_path / "offline")
        assert_never_back(stage)
        account(stage)

    class Cluster:
        """What an operator does to the sets, and what their controller does then."""

        def __init__(self, stage: Stage, node: Node, overlay: Path, kafka: str) -> None:
            self.stage, self.node, self.overlay, self.kafka = stage, node, overlay, kafka
            self.objects: Sequence[Object] = []

        def apply(self, replicas: int) -> None:
            """Apply the overlay with a count: each set starts all its pods at once; returns when they are ready."""
            self.objects = rendered(self.overlay, replicas, self.kafka, self.stage.prefix)
            begun = monotonic()
            self._start((flow, number) for flow in FLOWS for number in range(replicas))
            show(f"{replicas} processes of each flow: ready after {monotonic() - begun:.1f} s")

        def delete(self) -> None:
            """Delete the sets: all pods are told at once, and end within their grace."""
            self.stage.stop()

        def roll(self) -> None:
            """Restart the sets: one pod of each at a time, from the last on, each once the one before is ready."""
            for number in sorted({flow.place.process for flow in self.stage.flows}, reverse=True):
                old = [flow for flow in self.stage.flows if flow.place.process == number]
                for flow in old:
                    flow.terminate()
                for flow in old:
                    self.stage.flows.remove(flow)
                    flow.wait_clean()
                self._start((flow, number) for flow in FLOWS)

        def _start(self, places: Iterator[tuple[str, int]]) -> None:
            pods = [Pod(self.node, self.objects, flow, number) for flow, number in places]
            for pod in pods:
                self.stage.start(pod)
            for pod in pods:
                eventually(lambda pod=pod: pod.check() or pod.ready(), PATIENCE)  # type: ignore[misc]

    def rendered(folder: Path, replicas: int, kafka: str, prefix: str) -> list[Object]:
        """Give the objects of an overlay of k8s/base with so many processes of each flow."""
        folder.mkdir(exist_ok=True)
        base, processes = (os.path.relpath(K8S / name, folder.resolve()) for name in ("base", "processes"))
        literals = [f"FAULTLINE_KAFKA={kafka}", f"FAULTLINE_TOPIC_PREFIX={prefix}"]
        overlay = {
            "namespace": "faultline",
            "resources": [base],
            "replicas": [{"name": f"faultline-{flow}", "count": replicas} for flow in FLOWS],
            "transformers": [processes],
            "configMapGenerator": [{"name": "faultline-settings", "behavior": "merge", "literals": literals}],
        }
        (folder / "kustomization.yaml").write_bytes(orjson.dumps(overlay))
        return objects_of(render(folder))

    def show(figure: str) -> None:
        print(figure)  # noqa: T201 (what was measured; `make image-test` shows it)
