"""A namespace of a test's own on a real API server, and what is put there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from tests.peers.kubernetes import render

if TYPE_CHECKING:
    from tests.peers.kubernetes import Cluster

K8S = Path(__file__).parents[2] / "k8s"
OURS = ("-l", "app.kubernetes.io/part-of=faultline")


@dataclass(frozen=True)
class Place:
    """A namespace that one test alone uses."""

    cluster: Cluster
    namespace: str
    folder: Path

    def make(self) -> None:
        """Make the namespace, for what brings none along."""
        self.cluster.kubectl("create", "namespace", self.namespace)

    def overlay(self, *names: str, **more: str) -> Path:
        """Write an overlay that puts folders of k8s/ here, and `more` in it."""
        overlay = self.folder / f"{self.namespace}-{names[0].replace('/', '-')}"
        overlay.mkdir()
        resources = ", ".join(from_folder(overlay, name) for name in names)
        settings = {"namespace": self.namespace, "resources": f"[{resources}]", **more}
        lines = [f"{key}: {value}\n" for key, value in settings.items()]
        (overlay / "kustomization.yaml").write_text("".join(lines))
        return overlay

    def render(self, *names: str, **more: str) -> str:
        """Give the objects of folders of k8s/, put here."""
        return render(self.overlay(*names, **more))

    def apply(self, content: str, *options: str) -> list[dict[str, Any]]:
        """Apply objects as their owner; give what the server made of them."""
        command = ("apply", "--server-side", "--output", "json", *options, "-f", "-")
        told = orjson.loads(self.cluster.kubectl(*command, content=content))
        return list(told["items"]) if told["kind"] == "List" else [told]

    def names(self, kind: str) -> set[str]:
        """Name what is here of Faultline."""
        return {one["metadata"]["name"] for one in self.cluster.get(kind, "-n", self.namespace, *OURS)["items"]}


def from_folder(folder: Path, name: str) -> str:
    """Give the way from an overlay to a folder of k8s/: kustomize takes no absolute one."""
    return os.path.relpath(K8S / name, folder.resolve())
