"""The objects that run the flows, each flow the same: a StatefulSet with its Service and disruption budget."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_FLOW: Final = Template(Path(__file__).with_name("flow.yaml").read_text("utf-8"))
COMPONENTS: Final = ("alerts",)
"""Flows of Faultline that are named in FAULTLINE_FLOWS and have a component."""
_CPU: Final = "1"
_MEMORY: Final = "2Gi"
_NOTE: Final = "# Written by `make reference` from the registry of flows.\n"
_COPYING: Final = """apiVersion: builtin
kind: ReplacementTransformer
metadata:
  name: processes
replacements:
"""
_PROCESSES: Final = """  - source:
      kind: StatefulSet
      name: faultline-{flow}
      fieldPath: spec.replicas
    targets:
      - select:
          kind: StatefulSet
          name: faultline-{flow}
        fieldPaths:
          - spec.template.spec.containers.[name=faultline].env.[name=FAULTLINE_PROCESSES].value
"""


def component_objects() -> dict[str, str]:
    """Return what runs the flows that an overlay may add by a component, which mounts what their settings name."""
    return {f"components/{name}/{name}.yaml": flow_object(name) for name in COMPONENTS}


def flow_object(flow: str, cpu: str = f'"{_CPU}"', memory: str = _MEMORY) -> str:
    """Return what runs a flow; a chart puts its own words in."""
    return _FLOW.substitute(flow=flow, cpu=cpu, memory=memory)


def flow_objects(flows: Iterable[str]) -> dict[str, str]:
    """Return files by their paths in `k8s/`: what runs these flows, and what copies their numbers of processes."""
    names = list(flows)
    files = {f"base/flows/{name}.yaml": flow_object(name) for name in names}
    resources = "".join(f"  - {name}.yaml\n" for name in names)
    head = f"{_NOTE}apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
    files["base/flows/kustomization.yaml"] = f"{head}resources:\n{resources}"
    copies = "".join(_PROCESSES.format(flow=name) for name in names)
    files["processes/processes.yaml"] = _NOTE + _COPYING + copies
    return files
