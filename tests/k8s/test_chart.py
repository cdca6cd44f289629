"""The Helm chart on a real API server: the objects that Kustomize makes, through the life of a release."""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from tests.k8s.place import K8S, Place
from tests.peers.kafka import eventually

if TYPE_CHECKING:
    from tests.peers.kubernetes import Cluster

CHART = K8S / "chart"
RELEASE = "faultline"
NORTH = K8S / "overlays/example/north/connector.toml"
HASH = re.compile(rb"(faultline-settings|faultline-connector-north)-(?!trust)[a-z0-9]{10}")
OF_THE_SERVER = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "annotations")
EXAMPLE = (
    *("--set", "image.repository=registry.example/faultline"),
    *("--set", "settings.FAULTLINE_NETWORK=/network/2026-11-01.network"),
    *("--set-file", f"connectors.north.settings={NORTH}"),
    *("--set", "connectors.north.egress[0].cidr=192.0.2.0/28", "--set", "connectors.north.egress[0].port=4840"),
)
pytestmark = pytest.mark.xdist_group("kubernetes")


def helm(cluster: Cluster, *arguments: object) -> str:
    """Run Helm, which must succeed."""
    process = cluster.helm(*arguments)
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return output


def processes(count: int) -> list[str]:
    return [part for flow in ("ingest", "outages") for part in ("--set", f"flows.{flow}.replicas={count}")]


def compared(objects: list[dict[str, Any]]) -> dict[tuple[str, str], Any]:
    """What is compared of objects: not what the server or the tool adds, nor the names' hashes."""
    found = {}
    for one in orjson.loads(HASH.sub(rb"\1", orjson.dumps(objects))):
        metadata = {name: value for name, value in one.pop("metadata").items() if name not in OF_THE_SERVER}
        metadata.get("labels", {}).pop("app.kubernetes.io/part-of", None)
        one["labels"] = metadata.get("labels")
        one.pop("status", None)
        if one["kind"] == "StatefulSet":
            template = one["spec"]["template"]
            template["metadata"].pop("annotations", None)
            template["spec"]["volumes"].sort(key=lambda volume: volume["name"])  # a patch puts its own in front
        one["data"] = {name: value.strip() for name, value in one.get("data", {}).items()}
        found[one["kind"], metadata["name"]] = one
    return found


@pytest.mark.parametrize(
    ("folders", "values"),
    [
        (("overlays/example", "canary"), (*processes(2), *EXAMPLE, "--set", "canary.create=true")),
        (("overlays/storm",), (*processes(8), *EXAMPLE, "--set", "storm=true")),
    ],
)
def test_the_chart_makes_the_objects_that_kustomize_makes(
    place: Place, folders: tuple[str, ...], values: tuple[str, ...]
) -> None:
    place.make()
    images = "[{name: faultline, newName: registry.example/faultline, newTag: 0.1.0}]"
    wanted = compared(place.apply(place.render(*folders, images=images), "--dry-run=server"))
    rendered = helm(place.cluster, "template", RELEASE, CHART, "--skip-tests", *values)
    made = compared(place.apply(rendered, "--dry-run=server", "--namespace", place.namespace))
    assert wanted.pop(("Namespace", place.namespace))
    assert made == wanted


def test_topics_are_those_of_kustomize_and_are_kept(kafka_place: Place) -> None:
    wanted = compared(kafka_place.apply(kafka_place.render("topics"), "--dry-run=server"))
    values = ("--set", "topics.create=true", "--set", f"kafka.namespace={kafka_place.namespace}")
    rendered = helm(kafka_place.cluster, "template", RELEASE, CHART, "--show-only", "templates/topics.yaml", *values)
    made = kafka_place.apply(rendered, "--dry-run=server")
    assert compared(made) == wanted
    assert {one["metadata"]["annotations"]["helm.sh/resource-policy"] for one in made} == {"keep"}


def test_the_chart_is_clean_and_wrong_values_are_refused(cluster: Cluster) -> None:
    helm(cluster, "lint", CHART, "--strict")
    assert f"\nappVersion: {version('faultline')}\n" in (CHART / "Chart.yaml").read_text("utf-8")
    wrong = ("flows.ingest.replicas=0", "image.digest=latest", "settings.KAFKA=x", "flow.ingest.replicas=2")
    for value in wrong:
        process = cluster.helm("template", RELEASE, CHART, "--set", value)
        _, errors = process.communicate(timeout=300)
        assert process.returncode != 0, value
        assert "values don't meet the specifications of the schema" in errors


def play_kubelet(place: Place) -> bool:
    """Let each pod that waits have done its work: nothing here runs pods."""
    pods = place.cluster.get("pods", "-n", place.namespace)["items"]
    done = [pod["metadata"]["name"] for pod in pods if pod["status"]["phase"] == "Pending"]
    for name in done:
        status = ("--subresource=status", "--type=merge", "-p", '{"status":{"phase":"Succeeded"}}')
        place.cluster.kubectl("patch", "pod", name, "-n", place.namespace, *status)
    return bool(done)


def images(place: Place) -> set[str]:
    sets = place.cluster.get("statefulsets", "-n", place.namespace)["items"]
    return {one["spec"]["template"]["spec"]["containers"][0]["image"] for one in sets}


def test_a_release_lives_and_its_topics_outlive_it(place: Place, kafka_place: Place) -> None:
    cluster, here = place.cluster, ("--namespace", place.namespace)
    place.make()
    cluster.kubectl("label", "namespace", place.namespace, "pod-security.kubernetes.io/enforce=restricted")
    values = ("--set", "topics.create=true", "--set", f"kafka.namespace={kafka_place.namespace}", *EXAMPLE)
    install = ("install", RELEASE, CHART, *here, *values)
    helm(cluster, *install)
    topics = kafka_place.names("kafkatopics")
    assert "grid.evidence.log.v1" in topics
    assert place.names("statefulsets") == {"faultline-ingest", "faultline-outages", "faultline-connector-north"}

    testing = cluster.helm("test", RELEASE, *here)
    for _ in ("ingest", "outages"):  # one after the other
        eventually(lambda: play_kubelet(place) or testing.poll() is not None)
    output, errors = testing.communicate(timeout=300)
    assert (testing.returncode, output.count("Phase:          Succeeded")) == (0, 2), errors

    before = images(place)
    helm(cluster, "upgrade", RELEASE, CHART, *here, *values, "--set", "image.tag=0.2.0")
    assert images(place) == {"registry.example/faultline:0.2.0"}
    helm(cluster, "rollback", RELEASE, "1", *here)
    assert images(place) == before
    helm(cluster, "uninstall", RELEASE, *here)
    assert place.names("statefulsets") == set()
    assert kafka_place.names("kafkatopics") == topics
    helm(cluster, *install)
    assert kafka_place.names("kafkatopics") == topics
