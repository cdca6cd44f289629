"""`faultline demo`: a town, a summer storm over it, what Faultline makes of it, and a page to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(add_completion=False)


@app.command()
def demo(
    output: Annotated[Path, typer.Option(help="Folder for the town, the storm, the outages and the page.")] = Path(
        "demo"
    ),
    seed: Annotated[int, typer.Option(help="Another seed is another town and another storm.")] = 12,
) -> None:
    """Make a town and a summer storm that takes out 50,000 customers, replay it, score it, draw it."""
    from cli.demo_run import Plan, run_demo

    run_demo(output, Plan(seed), Console())
