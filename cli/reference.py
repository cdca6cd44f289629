"""`faultline reference`: write the pages of `docs/reference/` that the code itself tells."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adapters.reference.connector_page import connector_page
from adapters.reference.event_pages import contract_pages
from adapters.reference.metric_page import metrics_page
from adapters.reference.topic_pages import topic_pages
from dataflows.service.pages import flow_page

app = typer.Typer(add_completion=False)


@app.command()
def reference(
    output: Annotated[Path, typer.Option(help="Folder that receives the pages.", file_okay=False)] = Path(
        "docs/reference"
    ),
) -> None:
    """Write the reference of all flows, events, topics and metrics: JSON Schemas, AsyncAPI, pages for people."""
    flows = {"flows.md": flow_page()}  # which also makes the flows known that FAULTLINE_FLOWS names
    pages = flows | contract_pages() | topic_pages() | {"metrics.md": metrics_page(), "connectors.md": connector_page()}
    for path, text in pages.items():
        page = output / path
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
    typer.echo(f"reference written to {output}")
