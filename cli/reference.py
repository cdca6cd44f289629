"""`faultline reference`: write what the code itself tells: the pages of `docs/reference/`, and objects of `k8s/`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adapters.grafana.files import dashboard_files
from adapters.kubernetes.chart import chart_templates
from adapters.kubernetes.flow_objects import component_objects, flow_objects
from adapters.kubernetes.shared_objects import shared_objects
from adapters.kubernetes.topic_objects import topic_objects
from adapters.kubernetes.user_objects import user_objects
from adapters.prometheus.rules import RUNBOOKS, rule_files
from adapters.reference.cap_page import cap_page
from adapters.reference.connector_page import connector_page
from adapters.reference.event_pages import contract_pages
from adapters.reference.metric_page import metrics_page
from adapters.reference.topic_pages import topic_pages
from dataflows.service.flows import find_flows
from dataflows.service.pages import flow_page

app = typer.Typer(add_completion=False)


@app.command()
def reference(
    output: Annotated[Path, typer.Option(help="Folder that receives the pages.", file_okay=False)] = Path(
        "docs/reference"
    ),
    kubernetes: Annotated[
        Path | None, typer.Option(help="Folder that receives the objects for Kubernetes as well.", file_okay=False)
    ] = None,
    runbooks: Annotated[str, typer.Option(help="Where you publish docs/runbooks/; alerts refer to it.")] = RUNBOOKS,
) -> None:
    """Write the reference of all flows, events, topics and metrics: JSON Schemas, AsyncAPI, pages for people."""
    flows = {"flows.md": flow_page()}  # which also makes the flows known that FAULTLINE_FLOWS names
    single = {"metrics.md": metrics_page(), "connectors.md": connector_page(), "cap.md": cap_page()}
    pages = flows | contract_pages() | topic_pages() | single
    _write(output, pages)
    if kubernetes is not None:
        _write(kubernetes, kubernetes_objects(runbooks))
    typer.echo(f"reference written to {output}")


def kubernetes_objects(runbooks: str = RUNBOOKS) -> dict[str, str]:
    """Give the files of `k8s/` that are generated, by their paths there."""
    flows = find_flows()
    topics = {"topics/topics.yaml": topic_objects(), "topics/users.yaml": user_objects(flows)}
    objects = flow_objects(flows) | component_objects() | shared_objects() | topics | chart_templates(topics.values())
    return objects | rule_files(flows, runbooks) | dashboard_files(runbooks)


def _write(folder: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        page = folder / path
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
