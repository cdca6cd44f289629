"""kube-score and Helm find no fault in the objects; what is waived of it is waived with a reason."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scripts.kubernetes.tools import VERSION, ToolError, helm, kube_score
from tests.k8s.place import K8S, from_folder
from tests.k8s.test_chart import CHART, EXAMPLE
from tests.peers.kubernetes import render

WAIVED = {
    "container-ephemeral-storage-request-and-limit": "each volume has a sizeLimit and the root cannot be written",
    "container-image-pull-policy": "images are pinned by digest: to ask for them again at a restart gains nothing",
    "statefulset-has-host-podantiaffinity": "topologySpreadConstraints by host do it",
    "deployment-has-host-podantiaffinity": "the feed is one pod, for one writes the files",
    "deployment-replicas": "the feed is one pod, for one writes the files",
}
FLAGS = (
    "--ignore-container-cpu-limit",  # a storm takes what the node has
    *("--ignore-test", ",".join(WAIVED)),
    *("--kubernetes-version", f"v{VERSION.rpartition('.')[0]}"),
    *("--exit-one-on-warning", "--output-format", "ci"),
)
PINNED = "[{name: faultline, newName: registry.example/faultline, digest: 'sha256:" + "0" * 64 + "'}]"


@pytest.fixture(scope="module", autouse=True)
def _tools() -> None:
    try:
        helm(), kube_score()
    except ToolError as error:
        pytest.skip(f"kube-score cannot be had: {error}")


def faults(objects: str) -> list[str]:
    """Give what kube-score finds."""
    command = [str(kube_score()), "score", *FLAGS, "-"]
    told = subprocess.run(command, input=objects, capture_output=True, text=True, check=False).stdout.splitlines()
    assert told
    return [line for line in told if not line.startswith(("[OK]", "[SKIPPED]"))]


def overlay(folder: Path, **settings: str) -> str:
    """Render an overlay of our own."""
    (folder / "kustomization.yaml").write_text("".join(f"{key}: {value}\n" for key, value in settings.items()))
    return render(folder)


@pytest.mark.parametrize("folder", ["overlays/example", "overlays/storm"])
def test_an_overlay_is_without_fault(folder: str) -> None:
    assert faults(render(K8S / folder)) == []


def test_what_is_added_is_without_fault(tmp_path: Path) -> None:
    base, canary, component = (from_folder(tmp_path, name) for name in ("base", "canary", "components/alerts"))
    settings = {"namespace": "faultline", "resources": f"[{base}, {canary}]", "components": f"[{component}]"}
    assert faults(overlay(tmp_path, images=PINNED, **settings)) == []


def test_the_chart_is_without_fault() -> None:
    for command in (["lint", "--strict", str(CHART)], ["lint", "--strict", str(CHART), *EXAMPLE]):
        ended = subprocess.run([str(helm()), *command], capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert "[WARNING]" not in ended.stdout
    command = ["template", "faultline", str(CHART), "--skip-tests", *EXAMPLE, "--set", "canary.create=true"]
    ended = subprocess.run([str(helm()), *command], capture_output=True, text=True, check=True)
    assert faults(ended.stdout) == []


@pytest.mark.parametrize(
    ("good", "bad", "what"),
    [
        ("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "writable root filesystem"),
        ("kind: PodDisruptionBudget", "kind: Nothing", "PodDisruptionBudget"),
        ("memory: 2Gi", "hugepages-2Mi: 2Gi", "Memory limit"),
    ],
)
def test_what_is_bad_is_found(good: str, bad: str, what: str) -> None:
    objects = render(K8S / "overlays/example")
    assert good in objects
    assert any(what in line for line in faults(objects.replace(good, bad)))
