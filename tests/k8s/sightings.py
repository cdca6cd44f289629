"""What is seen of pods while something is done to them."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING, Any, Self

import orjson

from scripts.kafka.broker import dies_with_us

if TYPE_CHECKING:
    from tests.k8s.place import Place


@dataclass
class Sightings:
    """Every change of a namespace's pods from now on, as the server tells them: how many of a component are ready."""

    place: Place
    fewest: dict[str, int] = field(default_factory=dict)
    """By component, the fewest that were ready at once since `begin`."""
    _ready: dict[str, set[str]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        path = f"/api/v1/namespaces/{self.place.namespace}/pods?watch=1"
        command = [*dies_with_us(), *self.place.cluster.command("get", "--raw", path)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        if self._process.stdout:
            self._process.stdout.close()

    def of(self, component: str) -> int:
        """Count those that are ready now."""
        return len(self._ready.get(component, ()))

    def begin(self) -> None:
        """Count from what is there now."""
        self.fewest = {component: len(names) for component, names in self._ready.items()}

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            event = orjson.loads(line)
            metadata = event["object"]["metadata"]
            component = metadata["labels"].get("app.kubernetes.io/component", "")
            names = self._ready.setdefault(component, set())
            lives = event["type"] != "DELETED" and is_ready(event["object"])
            (names.add if lives else names.discard)(metadata["name"])
            self.fewest[component] = min(self.fewest.get(component, 0), len(names))


def is_ready(pod: dict[str, Any]) -> bool:
    """Tell what a pod's conditions say."""
    return ("Ready", "True") in {(one["type"], one["status"]) for one in pod["status"].get("conditions", [])}
