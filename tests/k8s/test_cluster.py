"""`k8s/` on a real API server: all of it is taken, without a warning, again and again, and topics outlive the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from tests.peers.certificates import skip_without_openssl
from tests.peers.kafka import eventually
from tests.peers.kubernetes import api_server, render, skip_without_kubernetes

if TYPE_CHECKING:
    from tests.peers.kubernetes import Cluster

HOME = Path(__file__).parents[2]
K8S = HOME / "k8s"
CRDS = HOME / "tests" / "data" / "crds"
FLOWS = ("base", "overlays/example", "overlays/storm")
TOPICS = ("topics", "topics-storm")
OURS = ("-l", "app.kubernetes.io/part-of=faultline")
pytestmark = pytest.mark.xdist_group("kubernetes")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    skip_without_kubernetes()
    skip_without_openssl()
    with api_server(tmp_path_factory.mktemp("kubernetes")) as cluster:
        cluster.kubectl("apply", "--server-side", "-f", CRDS)
        cluster.kubectl("wait", "--for", "condition=established", "crd", "--all", "--timeout", "30s")
        cluster.kubectl("create", "namespace", "kafka")
        yield cluster


def apply(cluster: Cluster, content: str, *options: str) -> list[dict[str, Any]]:
    """Apply objects as their owner; give what the server made of them."""
    told = cluster.kubectl("apply", "--server-side", "--output", "json", *options, "-f", "-", content=content)
    decoded = orjson.loads(told)
    return list(decoded["items"]) if decoded["kind"] == "List" else [decoded]


def stop_all(cluster: Cluster) -> None:
    """As docs/kubernetes.md says before another number of processes; nothing here would delete pods."""
    found = ("statefulset", "-n", "faultline", "-l", "app.kubernetes.io/name=faultline")
    cluster.kubectl("delete", *found, "--ignore-not-found", "--cascade=background")


def versions(objects: list[dict[str, Any]]) -> list[str]:
    return [one["metadata"]["resourceVersion"] for one in objects]


def sets(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one["spec"] for one in objects if one["kind"] == "StatefulSet"}


@pytest.mark.parametrize("folder", [*FLOWS, *TOPICS, "monitoring"])
def test_everything_is_taken_twice_and_the_second_time_changes_nothing(cluster: Cluster, folder: str) -> None:
    content = render(K8S / folder)
    if folder == "overlays/storm":
        stop_all(cluster)
    first = apply(cluster, content)
    again = apply(cluster, content)
    assert len(first) == content.count("\nkind: ")
    assert [one["metadata"]["resourceVersion"] for one in first] == [
        one["metadata"]["resourceVersion"] for one in again
    ]
    apply(cluster, content, "--dry-run=server")


def test_another_image_is_a_new_revision_of_each_set_and_of_nothing_else(cluster: Cluster) -> None:
    stop_all(cluster)
    content = render(K8S / "overlays/example")
    before = apply(cluster, content)
    after = apply(cluster, content.replace("registry.example/faultline:0.1.0", "registry.example/faultline:0.2.0"))
    changed = [new["kind"] for old, new in zip(before, after, strict=True) if old != new]
    assert changed == ["StatefulSet"] * 3
    assert {one["template"]["spec"]["containers"][0]["image"] for one in sets(after).values()} == {
        "registry.example/faultline:0.2.0"
    }


@pytest.mark.parametrize(("folder", "processes"), [("base", 1), ("overlays/example", 2), ("overlays/storm", 8)])
def test_each_process_knows_how_many_there_are(cluster: Cluster, folder: str, processes: int) -> None:
    stop_all(cluster)
    for name, spec in sets(apply(cluster, render(K8S / folder), "--dry-run=server")).items():
        variables = {one["name"]: one for one in spec["template"]["spec"]["containers"][0].get("env", [])}
        if "connector" in name:
            assert spec["replicas"] == 1
            continue
        assert (spec["replicas"], variables["FAULTLINE_PROCESSES"]["value"]) == (processes, str(processes))
        place = variables["FAULTLINE_PROCESS"]["valueFrom"]["fieldRef"]["fieldPath"]
        assert place == "metadata.labels['apps.kubernetes.io/pod-index']"
        assert spec["podManagementPolicy"] == "Parallel"


def pod_of(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    """The pod that the StatefulSet's controller would make."""
    metadata = {"name": f"{name}-0", "namespace": "faultline", **spec["template"]["metadata"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec["template"]["spec"]}


def test_pods_are_as_restricted_as_the_namespace_asks(cluster: Cluster) -> None:
    stop_all(cluster)
    objects = sets(apply(cluster, render(K8S / "overlays/example")))
    assert len(objects) == 3
    for name, spec in objects.items():
        pod = pod_of(name, spec)
        make = ("create", "--dry-run=server", "--output", "json", "-f", "-")
        made = orjson.loads(cluster.kubectl(*make, content=orjson.dumps(pod).decode()))
        mounts = [mount["mountPath"] for mount in made["spec"]["containers"][0]["volumeMounts"]]
        assert not [path for path in mounts if "serviceaccount" in path]
        assert made["spec"]["priority"] == 1_000_000
        del pod["spec"]["containers"][0]["securityContext"]["capabilities"]
        refused = cluster.attempt(*make, content=orjson.dumps(pod).decode())
        assert 'violates PodSecurity "restricted:latest"' in refused.stderr


def test_the_network_can_be_an_image(cluster: Cluster, tmp_path: Path) -> None:
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    paths = {name: K8S / folder for name, folder in (("base", "base"), ("component", "components/network-image"))}
    for name, path in paths.items():
        (tmp_path / name).symlink_to(path)
    (overlay / "kustomization.yaml").write_text(
        "namespace: faultline\nresources: [../base]\ncomponents: [../component]\n"
        "images: [{name: network, newName: registry.example/network, digest: sha256:" + "0" * 64 + "}]\n"
    )
    for spec in sets(apply(cluster, render(overlay), "--dry-run=server")).values():
        volumes = {volume.pop("name"): volume for volume in spec["template"]["spec"]["volumes"]}
        assert list(volumes["network"]) == ["image"]
        assert volumes["network"]["image"]["reference"] == "registry.example/network@sha256:" + "0" * 64


def test_pruning_and_uninstalling_leave_the_topics(cluster: Cluster) -> None:
    stop_all(cluster)
    # As a plain `kubectl apply` leaves them, which alone is pruned.
    for folder in ("topics", "overlays/example"):
        assert cluster.attempt("apply", "-f", "-", content=render(K8S / folder)).returncode == 0
    topics = {one["metadata"]["name"] for one in cluster.get("kafkatopics", "-n", "kafka", *OURS)["items"]}
    assert "grid.evidence.log.v1" in topics
    refused = "deleting this object deletes the topic with all its records"
    delete = ("delete", "-k", K8S / "topics", "--dry-run=server")
    eventually(lambda: refused in cluster.attempt(*delete).stderr)
    (one, *_) = [part for part in render(K8S / "topics").split("---\n") if "\nkind: KafkaTopic\n" in part]
    for content in (render(K8S / "base"), one):
        kinds = ("--prune-allowlist=apps/v1/StatefulSet", "--prune-allowlist=kafka.strimzi.io/v1/KafkaTopic")
        pruned = cluster.attempt("apply", "--prune", *OURS, *kinds, "-f", "-", content=content)
        assert (refused in pruned.stderr) is (content is one), "a prune looks at the namespaces that it applies to"
    cluster.kubectl("delete", "-k", K8S / "overlays/example", "--wait=false")
    assert cluster.get("statefulsets", "--all-namespaces")["items"] == []
    assert {one["metadata"]["name"] for one in cluster.get("kafkatopics", "-n", "kafka", *OURS)["items"]} == topics


def test_a_topic_can_be_deleted_by_who_says_so(cluster: Cluster) -> None:
    apply(cluster, render(K8S / "topics"))
    name = "dead.letter.replay.state.v1"
    topic = ("kafkatopic", name, "-n", "kafka")
    eventually(lambda: cluster.attempt("delete", *topic).returncode != 0)
    cluster.kubectl("annotate", *topic, f"faultline/delete-with-all-records={name}")
    cluster.kubectl("delete", *topic)
