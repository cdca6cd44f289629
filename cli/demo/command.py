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
    """Make a town and a summer storm that takes out 50,000 customers, live through it, score it, draw it."""
    from cli.demo.run import DemoStoppedError, run_demo
    from cli.live.live import LIVE_ERRORS
    from cli.live.town import Plan

    try:
        run_demo(output, Plan(seed), Console())
    except LIVE_ERRORS as error:
        typer.echo(f"faultline: {error}", err=True)
        raise typer.Exit(1) from error
    except DemoStoppedError:
        raise typer.Exit(130) from None
