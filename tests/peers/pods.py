"""Pods of rendered StatefulSets, run by runc with what a kubelet would give them."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import urlopen

import orjson

from scripts.kafka.ports import HOST, free_ports
from tests.chaos.processes import Flow, Place
from tests.peers.containers import Container, container
from tests.peers.kubernetes import named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

GROUP = 10001
"""The pods' fsGroup."""
Object = dict[str, Any]


@dataclass(frozen=True)
class Node:
    """What pods find where they run: the image's bundle, claims' folders by name, Secrets' files by name and key."""

    bundle: Path
    folder: Path
    claims: Mapping[str, Path]
    secrets: Mapping[str, Mapping[str, Path]]


class Pod(Flow):
    """The pod of a number of a flow's StatefulSet. All but the port it listens on is as rendered.

    It has this machine's network, so that several would listen on one port.
    """

    def __init__(self, node: Node, objects: Sequence[Object], flow: str, number: int) -> None:
        sets = named(objects, "StatefulSet", f"faultline-{flow}")
        template = sets["spec"]["template"]["spec"]
        self._node, self._objects, self._template = node, objects, template
        (self._container,) = template["containers"]
        assert "initContainers" not in template, "nobody runs them here yet"
        self.title, self.grace = f"faultline-{flow}-{number}", template["terminationGracePeriodSeconds"]
        (self.port,) = free_ports(1)
        self._folder = node.folder / f"{self.title}-{self.port}"
        self._stack = ExitStack()
        self._made: Container | None = None
        place = Place(number, sets["spec"]["replicas"])
        super().__init__("", "", flow, None, self._folder, place, {})

    @property
    def log(self) -> Path:
        """What the container says."""
        assert self._made is not None
        return self._made.log

    def start(self) -> None:
        """Start the container with volumes of its own: a pod that is made anew has no state."""
        self._folder.mkdir(parents=True)
        volumes = {one["name"]: one for one in self._template["volumes"]}
        read: dict[Path, str] = {}
        written: dict[Path, str] = {}
        for mount in self._container["volumeMounts"]:
            volume = volumes[mount["name"]]
            (read if mount.get("readOnly") else written)[self._volume(volume)] = mount["mountPath"]
        image = orjson.loads((self._node.bundle / "config.json").read_bytes())["process"]["args"]
        command = [*self._container.get("command", image), *self._container["args"]]
        made = container(self._node.bundle, self._folder, command, self.variables(), read, written, self.title)
        self._made = self._stack.enter_context(made)
        self.process = self._made.process

    def variables(self) -> dict[str, str]:
        """Give the variables as the kubelet fills them in, those of the container above those of its maps."""
        found: dict[str, str] = {}
        for source in self._container["envFrom"]:
            found |= named(self._objects, "ConfigMap", source["configMapRef"]["name"])["data"]
        fields = {"metadata.labels['apps.kubernetes.io/pod-index']": str(self.place.process)}
        for one in self._container["env"]:
            found[one["name"]] = one["value"] if "value" in one else fields[one["valueFrom"]["fieldRef"]["fieldPath"]]
        return found | {"FAULTLINE_LISTEN": f"{HOST}:{self.port}"}

    def ready(self) -> bool:
        """Ask the readiness probe."""
        try:
            path = self._container["readinessProbe"]["httpGet"]["path"]
            return bool(urlopen(f"http://{HOST}:{self.port}{path}", timeout=3).status == 200)
        except (URLError, TimeoutError, ConnectionError):
            return False

    def terminate(self) -> None:
        """Send what a kubelet sends to end a pod."""
        assert self._made is not None
        self._made.signal("TERM")

    def wait(self, seconds: float = 0.0) -> int:
        """Wait for its end as long as its grace; returns its code."""
        return super().wait(seconds or self.grace)

    def wait_clean(self) -> None:
        """Wait for its end within its grace, a clean one; its volumes go with it."""
        assert self.wait(self.grace) == 0, self.told("did not stop cleanly")
        self.kill()

    def kill(self) -> None:
        """End it at once if it runs, and take its volumes away."""
        self._stack.close()
        shutil.rmtree(self._folder / "volumes", ignore_errors=True)

    def _volume(self, volume: Object) -> Path:
        folder: Path = self._folder / "volumes" / volume["name"]
        if "persistentVolumeClaim" in volume:
            claim: str = volume["persistentVolumeClaim"]["claimName"]
            return self._node.claims[claim]
        folder.mkdir(parents=True)
        if "secret" in volume:
            for key, inside in self._files(volume["secret"]):
                shutil.copyfile(self._node.secrets[volume["secret"]["secretName"]][key], folder / inside)
                _give(folder / inside, volume["secret"]["defaultMode"])
        else:
            assert "emptyDir" in volume, volume
            _give(folder, 0o2777)
        return folder

    def _files(self, secret: Object) -> Iterator[tuple[str, str]]:
        keys = self._node.secrets[secret["secretName"]]
        for item in secret.get("items", [{"key": key, "path": key} for key in keys]):
            yield item["key"], item["path"]


def _give(path: Path, mode: int) -> None:
    """Let the pod's group have it, as fsGroup does."""
    os.chown(path, 0, GROUP)
    path.chmod(mode)
