"""`faultline explain`: why an outage is what it is, and which rules made a score's errors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from models.refusal import FaultsError

if TYPE_CHECKING:
    from dataflows.outages.tracing import Traced
    from dataflows.replay.settings import ReplaySettings

app = typer.Typer(add_completion=False)


@app.command("explain")
def explain(
    outage: Annotated[str | None, typer.Argument(help="Name of the outage; without it give --wrong.")] = None,
    network: Annotated[Path | None, typer.Option(help="Folder with the tables, or a compiled network.")] = None,
    input: Annotated[Path | None, typer.Option(help="Folder with the topics' files that were replayed.")] = None,  # noqa: A002
    output: Annotated[Path | None, typer.Option(help="Folder that faultline replay wrote.")] = None,
    log: Annotated[bool, typer.Option("--log", help="Read the evidence log; the broker is FAULTLINE_KAFKA.")] = False,
    config: Annotated[Path | None, typer.Option(help="With --log: TOML file with settings.")] = None,
    model: Annotated[Path | None, typer.Option(help="TOML file with rates and priors, as it was replayed.")] = None,
    delivery: Annotated[
        str | None, typer.Option(metavar="RATE|FILE", help="Delivery of last gasps, as it was replayed.")
    ] = None,
    estimates: Annotated[Path | None, typer.Option(help="Table of estimates, as it was replayed.")] = None,
    promises: Annotated[Path | None, typer.Option(help="TOML file of promises, as it was replayed.")] = None,
    life_support: Annotated[Path | None, typer.Option(help="Table of life support, as it was replayed.")] = None,
    organisation: Annotated[str, typer.Option(help="Name of the utility in the records.")] = "default",
    wrong: Annotated[
        int | None, typer.Option(min=1, help="Explain the N costliest errors of a simulated storm's score.")
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="File for a picture of the branch over time (SVG).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    r"""Say how an outage came about: what was heard, what was weighed, which rule acted.

    The input is lived through once more with the engine's trace on:

        faultline explain ab3k... --network town/ --input storm/ --output out/

    and, over a storm that faultline simulate made, the errors of its score:

        faultline explain --wrong 10 --network storm/network \

            --input storm/ --output out/

    Give --model, --delivery, --estimates, --promises and --life-support of the
    replay: only with these gives the same input the same answer; another one
    is refused.
    """
    if (outage is None) == (wrong is None):
        raise FaultsError(["explain takes one outage, or --wrong N; give one of them"])
    if log and outage:
        from cli.explain.run import from_log

        options = {"network": network, "config": config, "model": model, "delivery": delivery}
        options |= {"estimates": estimates, "promises": promises, "life_support": life_support}
        _show(from_log(outage, options), outage, picture, config, as_json=as_json)
        return
    from cli.explain.run import errors, from_files

    settings = _settings(network, input, output, model, delivery, organisation)
    settings = replace(settings, estimates=estimates, promises=promises, life_support=life_support)
    if outage:
        _show(from_files(settings, outage), outage, picture, config, as_json=as_json)
    elif wrong:
        _show_wrong(errors(settings, wrong), as_json=as_json)


def _settings(
    network: Path | None, topics: Path | None, output: Path | None, model: Path | None, delivery: str | None, name: str
) -> ReplaySettings:
    from dataflows.replay.settings import ReplaySettings

    given = {"--network": network, "--input": topics, "--output": output}
    if network is None or topics is None or output is None:
        missing = ", ".join(option for option, value in given.items() if value is None)
        raise FaultsError([f"explain needs what was replayed; give {missing}, or --log"])
    return ReplaySettings(network, topics, output, model=model, delivery=delivery, organisation=name)


def _show(traced: Traced, outage: str, picture: Path | None, config: Path | None, *, as_json: bool) -> None:
    from cli.explain.drawing import draw
    from cli.explain.story import Story
    from cli.explain.words import tell
    from cli.local_time import clock_of_utility

    story = Story(traced, outage)
    if picture:
        picture.write_text(draw(story), "utf-8")
    typer.echo(_json(story.document()) if as_json else "\n".join(tell(story, clock_of_utility(config))))


def _show_wrong(found: list[Any], *, as_json: bool) -> None:
    from cli.explain.words import tell_wrong

    typer.echo(_json([one.document() for one in found]) if as_json else "\n".join(tell_wrong(found)))


def _json(document: Any) -> str:  # noqa: ANN401 (whatever JSON has)
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
