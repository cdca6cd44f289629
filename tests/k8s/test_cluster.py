"""`k8s/` on a real API server: all of it is taken, without a warning, again and again, and topics outlive the rest.

Each test has namespaces of its own, and waits for what the server knows some moments later: kinds, policies, classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from tests.k8s.place import OURS, from_folder
from tests.peers.kafka import eventually
from tests.peers.kubernetes import render

if TYPE_CHECKING:
    import subprocess

    from tests.k8s.place import Place

FLOWS = ("base", "overlays/example", "overlays/storm")
TOPICS = ("topics", "topics-storm")
REFUSED = "deleting this object deletes the topic with all its records"
pytestmark = pytest.mark.xdist_group("kubernetes")


def stop_all(place: Place) -> None:
    """As docs/kubernetes.md says before another number of processes; nothing here would delete pods."""
    found = ("statefulset", "-n", place.namespace, "-l", "app.kubernetes.io/name=faultline")
    place.cluster.kubectl("delete", *found, "--cascade=background")
    assert place.names("statefulsets") == set()


def sets(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one["spec"] for one in objects if one["kind"] == "StatefulSet"}


@pytest.mark.parametrize("folder", [*FLOWS, *TOPICS, "canary", "monitoring"])
def test_everything_is_taken_twice_and_the_second_time_changes_nothing(place: Place, folder: str) -> None:
    if folder not in FLOWS:
        place.make()
    if folder == "overlays/storm":
        place.apply(place.render("overlays/example"))
        stop_all(place)
    content = place.render(folder)
    first = place.apply(content)
    again = place.apply(content)
    assert len(first) == content.count("\nkind: ")
    assert [one["metadata"]["resourceVersion"] for one in first] == [
        one["metadata"]["resourceVersion"] for one in again
    ]
    place.apply(content, "--dry-run=server")


def test_another_image_is_a_new_revision_of_each_set_and_of_nothing_else(place: Place) -> None:
    content = place.render("overlays/example")
    before = place.apply(content)
    after = place.apply(content.replace("registry.example/faultline:0.1.0", "registry.example/faultline:0.2.0"))
    changed = [new["kind"] for old, new in zip(before, after, strict=True) if old != new]
    assert changed == ["StatefulSet"] * 3
    assert {one["template"]["spec"]["containers"][0]["image"] for one in sets(after).values()} == {
        "registry.example/faultline:0.2.0"
    }


@pytest.mark.parametrize(("folder", "processes"), [("base", 1), ("overlays/example", 2), ("overlays/storm", 8)])
def test_each_process_knows_how_many_there_are(place: Place, folder: str, processes: int) -> None:
    place.make()
    for name, spec in sets(place.apply(place.render(folder), "--dry-run=server")).items():
        variables = {one["name"]: one for one in spec["template"]["spec"]["containers"][0].get("env", [])}
        if "connector" in name:
            assert spec["replicas"] == 1
            continue
        assert (spec["replicas"], variables["FAULTLINE_PROCESSES"]["value"]) == (processes, str(processes))
        path = variables["FAULTLINE_PROCESS"]["valueFrom"]["fieldRef"]["fieldPath"]
        assert path == "metadata.labels['apps.kubernetes.io/pod-index']"
        assert spec["podManagementPolicy"] == "Parallel"


def pod_of(place: Place, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    """The pod that the StatefulSet's controller would make."""
    metadata = {"name": f"{name}-0", "namespace": place.namespace, **spec["template"]["metadata"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec["template"]["spec"]}


def answer(place: Place, pod: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """What the server says of a pod, once it knows the priority class that was applied a moment before."""
    content = orjson.dumps(pod).decode()
    answers: list[subprocess.CompletedProcess[str]] = []

    def knows_the_class() -> bool:
        make = ("create", "--dry-run=server", "--output", "json", "-f", "-")
        answers.append(place.cluster.attempt(*make, content=content))
        return "no PriorityClass" not in answers[-1].stderr

    eventually(knows_the_class)
    return answers[-1]


def test_pods_are_as_restricted_as_the_namespace_asks(place: Place) -> None:
    objects = sets(place.apply(place.render("overlays/example", "canary")))
    assert len(objects) == 4
    for name, spec in objects.items():
        pod = pod_of(place, name, spec)
        taken = answer(place, pod)
        assert (taken.returncode, taken.stderr) == (0, "")
        made = orjson.loads(taken.stdout)
        mounts = [mount["mountPath"] for mount in made["spec"]["containers"][0]["volumeMounts"]]
        assert not [path for path in mounts if "serviceaccount" in path]
        assert made["spec"]["priority"] == (0 if "canary" in name else 1_000_000)
        del pod["spec"]["containers"][0]["securityContext"]["capabilities"]
        assert 'violates PodSecurity "restricted:latest"' in answer(place, pod).stderr


def test_the_network_can_be_an_image(place: Place) -> None:
    place.make()
    component = from_folder(place.folder / "overlay", "components/network-image")
    image = "{name: network, newName: registry.example/network, digest: sha256:" + "0" * 64 + "}"
    content = place.render("base", components=f"[{component}]", images=f"[{image}]")
    for spec in sets(place.apply(content, "--dry-run=server")).values():
        volumes = {volume.pop("name"): volume for volume in spec["template"]["spec"]["volumes"]}
        assert list(volumes["network"]) == ["image"]
        assert volumes["network"]["image"]["reference"] == "registry.example/network@sha256:" + "0" * 64


def test_warnings_and_their_feed_are_taken_as_restricted_as_the_rest(place: Place) -> None:
    component = from_folder(place.folder / "overlay", "components/alerts")
    policy = "{name: faultline-alerts-policy, literals: [alerts.toml=x]}"
    objects = place.apply(place.render("base", components=f"[{component}]", configMapGenerator=f"[{policy}]"))
    made = {one["metadata"]["name"]: one["spec"] for one in objects if one["kind"] in {"StatefulSet", "Deployment"}}
    for name in ("faultline-alerts", "faultline-alerts-feed"):
        taken = answer(place, pod_of(place, name, made[name]))
        assert (taken.returncode, taken.stderr) == (0, "")


def test_pruning_and_uninstalling_leave_the_topics(place: Place, kafka_place: Place) -> None:
    cluster = place.cluster
    topics, example = kafka_place.overlay("topics"), place.overlay("overlays/example")
    # As a plain `kubectl apply` leaves them, which alone is pruned.
    for folder in (topics, example):
        assert cluster.attempt("apply", "-k", folder).returncode == 0
    before = kafka_place.names("kafkatopics")
    assert "grid.evidence.log.v1" in before
    eventually(lambda: REFUSED in cluster.attempt("delete", "-k", topics, "--dry-run=server").stderr)
    (one, *_) = [part for part in render(topics).split("---\n") if "\nkind: KafkaTopic\n" in part]
    for content in (place.render("base"), one):
        kinds = ("--prune-allowlist=apps/v1/StatefulSet", "--prune-allowlist=kafka.strimzi.io/v1/KafkaTopic")
        pruned = cluster.attempt("apply", "--prune", *OURS, *kinds, "-f", "-", content=content)
        assert (REFUSED in pruned.stderr) is (content is one), "a prune looks at the namespaces that it applies to"
    assert place.names("statefulsets") == {"faultline-ingest", "faultline-outages"}, "what is no more in it is pruned"
    cluster.kubectl("delete", "-k", example, "--wait=false", "--ignore-not-found")
    assert place.names("statefulsets") == set()
    assert kafka_place.names("kafkatopics") == before


def test_a_topic_can_be_deleted_by_who_says_so(kafka_place: Place) -> None:
    cluster = kafka_place.cluster
    kafka_place.apply(kafka_place.render("topics"))
    name = "dead.letter.replay.state.v1"
    topic = ("kafkatopic", name, "-n", kafka_place.namespace)
    eventually(lambda: REFUSED in cluster.attempt("delete", *topic, "--dry-run=server").stderr)
    assert REFUSED in cluster.attempt("delete", *topic).stderr
    cluster.kubectl("annotate", *topic, f"faultline/delete-with-all-records={name}")
    cluster.kubectl("delete", *topic)
    assert name not in kafka_place.names("kafkatopics")
