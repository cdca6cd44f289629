"""What makes a cluster of an API server: scheduler and controllers, which are real, and nodes, which kwok fakes.

Nothing runs on these nodes and no probe is asked. A pod is ready as soon as it is scheduled, unless its image is
`NEVER_READY`; one of `helm test` has done its work then; a pod that is deleted is gone at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from scripts.kubernetes.tools import controllers
from tests.k8s.sightings import is_ready
from tests.peers.kafka import eventually
from tests.peers.kubernetes import serve

if TYPE_CHECKING:
    from tests.peers.kubernetes import Cluster

NEVER_READY = "registry.example/faultline:never-ready"
NODES = {"node-1": "zone-a", "node-2": "zone-b", "node-3": "zone-a", "node-4": "zone-b"}
_BEGIN = "    matchExpressions:\n"
_CHANGED = (
    (
        "pod-ready",
        _BEGIN,
        f"{_BEGIN}    - {{key: '.spec.containers.[].image', operator: NotIn, values: ['{NEVER_READY}']}}\n",
    ),
    ("pod-complete", "'.metadata.ownerReferences.[].kind'", "'.metadata.annotations[\"helm.sh/hook\"]'"),
    ("pod-complete", "'Job'", "'test'"),
)
"""By stage of kwok, what stands there and what is put there."""


@contextmanager
def controlled(cluster: Cluster, folder: Path) -> Iterator[Cluster]:
    """Run controllers, a scheduler and four nodes in two zones for a server."""
    programs = controllers()
    with ExitStack() as stack:
        for name in ("kube-controller-manager", "kube-scheduler"):
            own = {"kubeconfig": cluster.config, "secure_port": 0, "leader_elect": "false"}
            serve(stack, folder / f"{name}.log", programs / name, **own)
        serve(
            stack,
            folder / "kwok.log",
            programs / "kwok",
            kubeconfig=cluster.config,
            config=_stages(programs / "stages", folder / "stages.yaml"),
            manage_all_nodes="true",
            node_lease_duration_seconds=40,
        )
        for name, zone in NODES.items():
            cluster.kubectl("apply", "--server-side", "-f", "-", content=_node(name, zone))
        eventually(lambda: len(_usable(cluster)) == len(NODES))
        yield cluster


def _usable(cluster: Cluster) -> list[str]:
    """Name the nodes that pods may be put on: a new one is tainted until its controller has seen it."""
    nodes = cluster.get("nodes")["items"]
    return [node["metadata"]["name"] for node in nodes if not node["spec"].get("taints") and is_ready(node)]


def _node(name: str, zone: str) -> str:
    labels = {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone}
    room = {"cpu": "16", "memory": "64Gi", "pods": "110"}
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "status": {"allocatable": room, "capacity": room},
    }
    return orjson.dumps(node).decode()


def _stages(given: Path, file: Path) -> Path:
    """Write kwok's own stages, with those of `NEVER_READY` and of `helm test` among them."""
    stages = {path.stem: path.read_text() for path in sorted(given.iterdir())}
    for name, theirs, ours in _CHANGED:
        assert theirs in stages[name]
        stages[name] = stages[name].replace(theirs, ours, 1)
    file.write_text("---\n".join(stages.values()))
    return file
