"""The life of a deployment on a cluster of real controllers: started, rolled, drained, scaled, removed.

Only `make kubernetes` plays it. Pods are faked (tests/peers/controllers.py): what becomes ready, when, and what a start
does is seen elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.k8s.place import Place, from_folder
from tests.k8s.sightings import Sightings
from tests.k8s.test_chart import CHART, EXAMPLE, RELEASE, helm, images
from tests.k8s.test_cluster import REFUSED
from tests.peers.controllers import NEVER_READY, NODES, controlled
from tests.peers.kafka import eventually

if TYPE_CHECKING:
    from tests.peers.kubernetes import Cluster

FLOWS = ("ingest", "outages")
FIRST, SECOND = "registry.example/faultline:0.1.0", "registry.example/faultline:0.2.0"
OURS = ("-l", "app.kubernetes.io/name=faultline")
WAIT = "--timeout=200s"
OF_ALL = (
    "priorityclass/faultline",
    "validatingadmissionpolicy/faultline-keep-topics",
    "validatingadmissionpolicybinding/faultline-keep-topics",
)
"""What stands in no namespace: Helm takes nothing that somebody else has made."""
DRAIN = ("drain", "--delete-emptydir-data")
"""As docs/kubernetes.md says: a pod's state is no more than a copy."""
pytestmark = pytest.mark.xdist_group("kubernetes")


@pytest.fixture(scope="module")
def cluster(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with controlled(cluster, tmp_path_factory.mktemp("controllers")):
        yield cluster


@pytest.fixture
def town(place: Place) -> Iterator[Place]:
    """A namespace with the claim that the network lies on, without pods afterwards."""
    restricted = [f"pod-security.kubernetes.io/{how}=restricted" for how in ("enforce", "warn")]
    place.make()
    place.cluster.kubectl("label", "namespace", place.namespace, *restricted)
    place.cluster.kubectl("apply", "--server-side", "-f", "-", content=_network(place.namespace))
    yield place
    place.cluster.kubectl("uncordon", *NODES)
    place.cluster.kubectl("delete", "namespace", place.namespace, "--ignore-not-found", WAIT)
    place.cluster.kubectl("delete", "--ignore-not-found", *OF_ALL)


def _network(namespace: str) -> str:
    both = "storageClassName: '', accessModes: [ReadOnlyMany]"
    claim = f"namespace: {namespace}, name: faultline-network"
    return f"""
apiVersion: v1
kind: PersistentVolume
metadata: {{name: {namespace}}}
spec: {{{both}, capacity: {{storage: 1Gi}}, hostPath: {{path: /network}}, claimRef: {{{claim}}}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{{claim}}}
spec: {{{both}, volumeName: {namespace}, resources: {{requests: {{storage: 1Gi}}}}}}
"""


def pods(place: Place, component: str = "") -> list[dict[str, Any]]:
    of = ("-l", f"app.kubernetes.io/component={component}") if component else OURS
    return list(place.cluster.get("pods", "-n", place.namespace, *of)["items"])


def rolled_out(place: Place) -> None:
    """Wait as an operator does until each set has rolled."""
    for kind in ("statefulsets", "deployments"):
        for name in place.names(kind):
            place.cluster.kubectl("rollout", "status", f"{kind}/{name}", "-n", place.namespace, WAIT)


def stop_all(place: Place) -> None:
    """As docs/kubernetes.md says, before another number of processes or other rules."""
    place.cluster.kubectl("delete", "statefulset", "-n", place.namespace, *OURS, "--cascade=foreground", WAIT)
    assert pods(place) == []


def processes(count: int) -> dict[str, str]:
    replicas = ", ".join(f"{{name: faultline-{flow}, count: {count}}}" for flow in FLOWS)
    return {"replicas": f"[{replicas}]"}


def images_of(place: Place, component: str) -> list[str]:
    return [pod["spec"]["containers"][0]["image"] for pod in pods(place, component)]


def test_a_version_rolls_one_process_after_the_other_and_a_bad_one_is_taken_back(town: Place) -> None:
    content = town.render("overlays/example", "canary")
    with Sightings(town) as seen:
        town.apply(content)
        rolled_out(town)
        eventually(lambda: all(seen.of(flow) == 2 for flow in FLOWS))
        for flow in FLOWS:
            made = pods(town, flow)
            assert sorted(pod["metadata"]["labels"]["apps.kubernetes.io/pod-index"] for pod in made) == ["0", "1"]
            assert {NODES[pod["spec"]["nodeName"]] for pod in made} == set(NODES.values())
        seen.begin()
        town.apply(content.replace(FIRST, SECOND))
        rolled_out(town)
        town.cluster.kubectl("rollout", "restart", "statefulset", "-n", town.namespace)  # after a change of secrets
        rolled_out(town)
        assert {image for flow in FLOWS for image in images_of(town, flow)} == {SECOND}

        town.apply(content.replace(FIRST, NEVER_READY))
        for flow in (*FLOWS, "connector"):
            eventually(lambda flow=flow: NEVER_READY in images_of(town, flow))  # type: ignore[misc]
        town.apply(content.replace(FIRST, SECOND))
        rolled_out(town)
        assert {image for flow in (*FLOWS, "connector") for image in images_of(town, flow)} == {SECOND}
        assert {flow: seen.fewest[flow] for flow in FLOWS} == dict.fromkeys(FLOWS, 1)


def test_all_are_stopped_for_another_number_of_processes(town: Place) -> None:
    for count in (1, 3, 2):
        stop_all(town)
        again = Place(town.cluster, town.namespace, town.folder / str(count))
        again.folder.mkdir()
        transformer = from_folder(again.folder / "overlay", "processes")
        town.apply(again.render("base", transformers=f"[{transformer}]", **processes(count)))
        rolled_out(town)
        for flow in FLOWS:
            made = [pod["spec"]["containers"][0]["env"] for pod in pods(town, flow)]
            told = {one["name"]: one.get("value") for env in made for one in env}
            assert (len(made), told["FAULTLINE_PROCESSES"]) == (count, str(count))


def test_a_drained_node_takes_one_process_of_a_flow_at_a_time(town: Place) -> None:
    node, *others = NODES
    cluster = town.cluster
    cluster.kubectl("cordon", *others)
    with Sightings(town) as seen:
        town.apply(town.render("overlays/example"))
        rolled_out(town)
        eventually(lambda: all(seen.of(flow) == 2 for flow in FLOWS))
        seen.begin()
        refused = cluster.attempt(*DRAIN, node, "--timeout=20s")  # the first that goes finds no other place
        assert "would violate the pod's disruption budget" in refused.stderr
        assert all(seen.of(flow) == 1 for flow in FLOWS)
        cluster.kubectl("uncordon", *others)
        assert cluster.attempt(*DRAIN, node, WAIT).returncode == 0
        rolled_out(town)
        assert {flow: seen.fewest[flow] for flow in FLOWS} == dict.fromkeys(FLOWS, 1)
        assert node not in {pod["spec"]["nodeName"] for pod in pods(town)}


def test_nothing_moves_during_a_storm_but_by_name(town: Place) -> None:
    content = town.render("overlays/storm")
    with Sightings(town) as seen:
        town.apply(content)
        eventually(lambda: all(seen.of(flow) == 8 for flow in FLOWS))
        seen.begin()
        node = pods(town, "outages")[0]["spec"]["nodeName"]
        assert "disruption budget" in town.cluster.attempt(*DRAIN, node, "--timeout=10s").stderr
        town.apply(content.replace(FIRST, SECOND))
        name = "faultline-outages-3"
        eventually(lambda: _current(town, "faultline-outages"))
        assert seen.fewest["outages"] == 8
        town.cluster.kubectl("delete", "pod", name, "-n", town.namespace)
        eventually(lambda: SECOND in images_of(town, "outages"))
        assert [pod["metadata"]["name"] for pod in pods(town) if _image(pod) == SECOND] == [name]
        assert {flow: seen.fewest[flow] for flow in FLOWS} == {"ingest": 8, "outages": 7}


def _image(pod: dict[str, Any]) -> str:
    return str(pod["spec"]["containers"][0]["image"])


def _current(place: Place, name: str) -> bool:
    """Tell whether a set's controller has seen what was applied last."""
    made = place.cluster.get("statefulset", name, "-n", place.namespace)
    return bool(made["status"].get("observedGeneration") == made["metadata"]["generation"])


def test_what_is_removed_is_gone_and_the_topics_stay(town: Place, kafka_place: Place) -> None:
    cluster = town.cluster
    topics, example = kafka_place.overlay("topics"), town.overlay("overlays/example")
    for folder in (topics, example):
        cluster.kubectl("apply", "--server-side", "-k", folder)
    rolled_out(town)
    before = kafka_place.names("kafkatopics")
    eventually(lambda: REFUSED in cluster.attempt("delete", "-k", topics, "--dry-run=server").stderr)
    cluster.kubectl("delete", "-k", example, WAIT)
    assert cluster.attempt("get", "namespace", town.namespace).returncode != 0
    assert kafka_place.names("kafkatopics") == before != set()


def test_a_release_is_waited_for_and_a_bad_one_is_rolled_back(town: Place, kafka_place: Place) -> None:
    cluster = town.cluster
    here = ("--namespace", town.namespace, "--wait", "--timeout", "200s")
    values = ("--set", "topics.create=true", "--set", f"kafka.namespace={kafka_place.namespace}", *EXAMPLE)
    helm(cluster, "install", RELEASE, CHART, *here, *values)
    topics = kafka_place.names("kafkatopics")
    tested = helm(cluster, "test", RELEASE, "--namespace", town.namespace, "--timeout", "200s")
    assert tested.count("Phase:          Succeeded") == 2
    helm(cluster, "upgrade", RELEASE, CHART, *here, *values, "--set", "image.tag=0.2.0")
    assert images(town) == {SECOND}
    bad = ("upgrade", RELEASE, CHART, *here[:-1], "10s", *values, "--set", "image.tag=never-ready")
    _, errors = cluster.helm(*bad).communicate(timeout=300)
    assert "not ready" in errors.lower() or "deadline" in errors
    helm(cluster, "rollback", RELEASE, "2", *here)
    assert {_image(pod) for pod in pods(town)} == {SECOND}
    helm(cluster, "uninstall", RELEASE, *here)
    eventually(lambda: pods(town) == [])
    helm(cluster, "install", RELEASE, CHART, *here, *values)
    assert kafka_place.names("kafkatopics") == topics != set()
