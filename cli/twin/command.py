"""`faultline twin`: whether two sites that run the same log say the same."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from cli.broker import ConfigOption, PrefixOption, TwinConfigOption, TwinPrefixOption, find_broker, find_twin

app = typer.Typer(no_args_is_help=True)

ONLY_BEHIND = 3


@app.callback()
def twin() -> None:
    """Hold the outputs of two sites that run the same log against each other. The broker is FAULTLINE_KAFKA."""


@app.command()
def check(
    twin_config: TwinConfigOption = None,
    twin_prefix: TwinPrefixOption = None,
    topic: Annotated[
        list[str] | None, typer.Option(help="Only this output, without prefix; may be given again. By default all.")
    ] = None,
    begin: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="TIME", help="Leave out what was written before; compacted topics are read whole."
        ),
    ] = None,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object for each partition.")] = False,
) -> None:
    """Compare what both sites have written, number by number, and name each record that is not the same.

    The same log gives the same bytes, so what differs was damaged, lost or
    written by somebody else. Records that were written twice are told, for a
    writer that was killed may do so, and readers drop them. What one site has
    yet to write makes it behind, not different.

        faultline twin check --twin-config east.toml

        faultline twin check --twin-prefix standby. --from 2026-07-01T00:00Z

    Ends with 0 where both are the same, with 3 where nothing differs, but one
    is behind or has repeats, and with 1 where anything differs.
    """
    from cli.twin.checking import check_sites
    from cli.twin.text import document_of, lines_of, summary_of

    here = find_broker(config, prefix)
    there = find_twin(here, twin_config, twin_prefix)
    found = []
    for checked in check_sites(here, there, topic or [], begin):
        found.append(checked)
        if as_json:
            typer.echo(orjson.dumps(document_of(checked), option=orjson.OPT_SORT_KEYS).decode())
        else:
            for line in lines_of(checked):
                typer.echo(line)
    verdicts = {checked.result.verdict for checked in found}
    if not as_json:
        typer.echo(summary_of(found))
    if verdicts != {"same"}:
        raise typer.Exit(1 if "different" in verdicts else ONLY_BEHIND)
