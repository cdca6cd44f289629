"""The templates of the Helm chart, made of the same objects that Kustomize takes: `k8s/chart/templates/`.

What a chart has to ask its values for is put in the place of what stands in the objects; a place that is not there any
more is refused, so that an object cannot change in one of the two alone.
"""

from __future__ import annotations

import re
from textwrap import dedent
from typing import TYPE_CHECKING, Final

from adapters.kubernetes.flow_objects import flow_object
from adapters.kubernetes.shared_objects import shared_text

if TYPE_CHECKING:
    from collections.abc import Iterable

TEMPLATES: Final = "chart/templates"
_NOTE: Final = "{{- /* Written by `make reference` from adapters/kubernetes/. */ -}}\n"
_PART: Final = "    app.kubernetes.io/part-of: faultline\n"
_POD: Final = "\n      labels:\n        app.kubernetes.io/name: faultline\n"
_KEPT: Final = """  annotations:
    argocd.argoproj.io/sync-options: Prune=false,Delete=false
    helm.sh/resource-policy: keep
    kustomize.toolkit.fluxcd.io/prune: disabled
"""
_IMAGE: Final = ("image: faultline\n", 'image: {{ include "faultline.image" $ }}\n')
_CLAIM: Final = ("claimName: faultline-network", "claimName: {{ $.Values.network.claim }}")
_SETTINGS: Final = (
    _POD,
    '\n      annotations:\n        checksum/settings: {{ include "faultline.settings" $ | sha256sum }}' + _POD,
)
"""What a change of settings makes another pod of."""
_STORM_SET: Final = (
    "  revisionHistoryLimit: 5\n",
    "  revisionHistoryLimit: 5\n{{- if $.Values.storm }}\n  updateStrategy:\n    type: OnDelete\n{{- end }}\n",
)
_STORM_BUDGET: Final = ("maxUnavailable: 1", "maxUnavailable: {{ if $.Values.storm }}0{{ else }}1{{ end }}")
_FLOW: Final = (
    ("  replicas: 1\n", "  replicas: {{ $own.replicas }}\n"),
    ('value: "1"', 'value: "{{ $own.replicas }}"'),
    _IMAGE,
    _CLAIM,
    _SETTINGS,
    _STORM_SET,
    _STORM_BUDGET,
)
_CONNECTOR: Final = (
    ("faultline-connector\n", "faultline-connector-{{ $name }}\n"),
    ("faultline-connector-trust\n", "faultline-connector-{{ $name }}-trust\n"),
    ("component: connector\n", "component: connector\n@faultline/connector: {{ $name }}\n"),
    _IMAGE,
    _CLAIM,
    _STORM_SET,
    (_SETTINGS[0], _SETTINGS[1].replace("$ | sha256sum", "$ | cat $own.settings | sha256sum")),
)
_CANARY: Final = (_IMAGE, _CLAIM, _STORM_SET, _SETTINGS)
_PASSING: Final = (
    ("metadata.name: kafka\n", "metadata.name: {{ .Values.kafka.namespace }}\n"),
    ("port: 9093", "port: {{ .Values.kafka.port }}"),
    ("metadata.name: monitoring\n", "metadata.name: {{ .Values.monitoring.namespace }}\n"),
)
_CHECKING: Final = (
    ("        - run\n", "        - config\n        - check\n"),
    (
        "valueFrom:\n            fieldRef:\n              fieldPath: metadata.labels['apps.kubernetes.io/pod-index']",
        'value: "0"',
    ),
)
_CHECK: Final = """apiVersion: v1
kind: Pod
metadata:
  name: faultline-check-{{ $flow }}
  labels:
    app.kubernetes.io/name: faultline
    app.kubernetes.io/component: check
    app.kubernetes.io/part-of: faultline
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
"""


def chart_templates(topics: Iterable[str]) -> dict[str, str]:
    """Return the files of templates by their paths in `k8s/`; `topics` are files of topics and users."""
    flow = flow_object("{{ $flow }}", "{{ $own.cpu | quote }}", "{{ $own.memory }}")
    files = {
        "flows": f"{{{{- range $flow, $own := .Values.flows }}}}\n---\n{_put(_labelled(flow), _FLOW)}{{{{- end }}}}\n",
        "connectors": _connectors(),
        "canary": _where("canary.create", _put(_labelled(shared_text("canary")), _CANARY)),
        "service-account": _labelled(shared_text("service-account")),
        "priority": _where("priorityClass.create", _labelled(shared_text("priority"))),
        "network-policy": _put(_labelled(shared_text("network-policy")), _PASSING),
        "topics": _topics(topics),
        "tests/check": _check(flow),
    }
    return {f"{TEMPLATES}/{name}.yaml": _NOTE + text for name, text in files.items()}


def _where(asked: str, text: str) -> str:
    return f"{{{{- if .Values.{asked} }}}}\n{text}{{{{- end }}}}\n"


def _put(text: str, places: Iterable[tuple[str, str]]) -> str:
    for old, new in places:
        if old not in text:
            raise ValueError(f"the objects have no {old!r} any more: put what the chart asks for elsewhere")
        text = text.replace(old, new)
    return text


def _connectors() -> str:
    text = _put(_labelled(shared_text("connector")), _CONNECTOR)
    text = re.sub(r"^( +)(.*)\n@", r"\1\2\n\1", text, flags=re.MULTILINE)
    return f"{{{{- range $name, $own := .Values.connectors }}}}\n---\n{text}{{{{- end }}}}\n"


def _check(flow: str) -> str:
    """Give the pods of `helm test`: what each flow would be started with, looked at and not started."""
    (whole,) = (one for one in flow.split("---\n") if "\nkind: StatefulSet\n" in one)
    spec = dedent(whole[whole.index("    spec:\n      serviceAccountName") :])
    for key in ("topologySpreadConstraints", "ports", "startupProbe", "livenessProbe", "readinessProbe"):
        spec = re.sub(rf"(?m)(^ +#.*\n)*^( +){key}:\n(\2 .*\n|\2- .*\n)+", "", spec)
    pod = _put(spec, (*_FLOW[1:4], *_CHECKING))
    return f"{{{{- range $flow, $own := .Values.flows }}}}\n---\n{_CHECK}{pod}  restartPolicy: Never\n{{{{- end }}}}\n"


def _labelled(text: str) -> str:
    """Say of each object that it is a part of Faultline, as the overlays do."""
    return "---\n".join(map(_with_label, text.split("---\n")))


def _with_label(document: str) -> str:
    if "\n  labels:\n" in document:
        return document.replace("\n  labels:\n", f"\n  labels:\n{_PART}", 1)
    return re.sub(r"\n(  name: .*\n)", rf"\n\1  labels:\n{_PART}", document, count=1)


def _topics(files: Iterable[str]) -> str:
    """Give topics, users and the policy that keeps topics, each to be kept when the release is taken away."""
    documents = [one for text in files for one in text.split("---\n")]
    there = "  namespace: {{ .Values.kafka.namespace }}\n"
    kept = [re.sub(r"\n(  name: .*\n)", rf"\n\1{_KEPT}{there}", _with_label(one), count=1) for one in documents]
    policy = [
        re.sub(r"\n(  name: .*\n)", rf"\n\1{_KEPT}", _with_label(one), count=1)
        for one in shared_text("keep-topics").split("---\n")
    ]
    return _where("topics.create", "---\n".join([*kept, *policy]))
