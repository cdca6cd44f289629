"""`faultline network rehearse`: which outages another version of the network would have named otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from cli.broker import ConfigOption, PrefixOption
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from models.network.network import Network
    from models.outages.publishing import Published
    from models.rehearsal.comparison import Compared
    from models.rehearsal.lived_outages import LivedOutages


def rehearse(
    network: Annotated[Path, typer.Argument(metavar="FILE", help="The version to try, compiled with --previous.")],
    running: Annotated[
        Path | None, typer.Option(help="The version in force, or a folder that has it; by default where FILE lies.")
    ] = None,
    last: Annotated[
        str | None, typer.Option(metavar="30d", help="Only outages that began so long ago at most: 90m, 12h, 30d.")
    ] = None,
    input: Annotated[  # noqa: A002
        Path | None, typer.Option(help="Folder with topics' files of JSON lines, in place of the evidence log.")
    ] = None,
    model: Annotated[Path | None, typer.Option(help="TOML file with rates and priors of the inference.")] = None,
    delivery: Annotated[
        str | None, typer.Option(metavar="RATE|FILE", help="Share of last gasps that arrive, or a CSV of it.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="CSV file for all outages of both.", dir_okay=False)] = None,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print counts and outages as JSON.")] = False,
) -> None:
    r"""Live through the evidence twice, with the version in force and with another one, and compare the outages.

    Nothing is written to the broker, and no flow is touched:

        faultline network rehearse networks/town-2.network --last 30d

    Over files --running is a file, or tables:

        faultline network rehearse networks/town-2.network \

            --running networks/town-1.network --input storm/

    Outages of the two are matched one to one by the customers that they
    share. "renamed" is another device for the same customers, "changed" the
    same device with other times or another number of customers.
    """
    from cli.network.rehearsed import show, write_csv
    from models.rehearsal.comparison import compare, count

    wanted = _length(last)
    options = {"model": model, "delivery": delivery, "config": config, "topic_prefix": prefix}
    rehearsal = (_over_log if input is None else _over_files)(network, running, input, wanted, options)
    begin, (before, after), lived = rehearsal
    compared = compare(lived[0].begun(begin), lived[1].begun(begin))
    counts = count(compared)
    if output is not None:
        write_csv(output, compared)
    if as_json:
        typer.echo(_json(compared, {"before": before.version, "after": after.version, "counts": counts}))
    else:
        show(compared, counts, config)


Rehearsal = tuple[int, tuple["Network", "Network"], tuple["LivedOutages", "LivedOutages"]]
"""From when on outages count (ms), both versions, and what was lived with each."""


def _over_log(
    network: Path, running: Path | None, _topics: Path | None, last: int | None, options: Mapping[str, Any]
) -> Rehearsal:
    from adapters.network.compiled_file import load_artefact
    from cli.broker import find_broker
    from cli.network.in_force import find_in_force, find_version, log_time_now
    from cli.progress import progress
    from dataflows.outages.offline import OfflineRun
    from dataflows.outages.preparation import prepare_outages
    from dataflows.outages.settings import OutagesSettings
    from dataflows.service.given_settings import load_settings

    broker = find_broker(options["config"], options["topic_prefix"])
    place = running or network.parent
    before, after = find_version(place, find_in_force(broker).version), load_artefact(network)
    _refuse(after, before)
    begin = 0 if last is None else (log_time_now(broker) - last) // 1000 * 1000
    given = {name: value for name, value in options.items() if value is not None}
    prepared = prepare_outages(load_settings(OutagesSettings, {**given, "network": place, "state": "."}))
    prepared.shelf.put(after)
    lived = []
    for version in (before, after):
        run = OfflineRun(prepared, Path(), begin, version=version.version)
        with progress(f"version {version.version}", run, lambda run=run: f"{run.records:,} records of the log"):  # type: ignore[misc]
            lived.append(_lived(some for _, published in run.lived() for some in published))
    return begin, (before, after), (lived[0], lived[1])


def _over_files(
    network: Path, running: Path | None, topics: Path | None, last: int | None, options: Mapping[str, Any]
) -> Rehearsal:
    from cli.progress import progress
    from dataflows.replay.rehearsal import FilesLived
    from dataflows.replay.settings import ReplaySettings, prepare

    if running is None or topics is None:
        raise FaultsError(["a rehearsal over files needs the version in force; give --running"])
    model, delivery = options["model"], options["delivery"]
    settings = [ReplaySettings(one, topics, Path(), model=model, delivery=delivery) for one in (running, network)]
    before, after = map(prepare, settings)
    _refuse(after.network, before.network)
    lived, end = [], 0
    for prepared in (before, after):
        run = FilesLived(prepared)
        with progress(f"version {prepared.network.version}", run, lambda run=run: f"{run.batches:,} batches"):  # type: ignore[misc]
            lived.append(_lived(run.published()))
        end = max(end, run.last_log_time)
    begin = 0 if last is None else end - last
    return begin, (before.network, after.network), (lived[0], lived[1])


def _lived(published: Iterable[Published]) -> LivedOutages:
    from models.rehearsal.lived_outages import LivedOutages

    outages = LivedOutages()
    for some in published:
        outages.take(some.lifecycle, some.membership)
    return outages


def _refuse(network: Network, before: Network) -> None:
    from models.network.versions import successor_faults

    if network.version == before.version:
        raise FaultsError([f"version {network.version} is in force already; give another one"])
    if faults := successor_faults(network, before):
        raise FaultsError([f"version {network.version} cannot follow the one in force: {fault}" for fault in faults])


def _length(last: str | None) -> int | None:
    from models.times.duration import parse_duration

    try:
        return None if last is None else parse_duration(last)
    except ValueError as error:
        raise FaultsError([f"--last {last} {error}"]) from error


def _json(compared: Iterable[Compared], head: Mapping[str, Any]) -> str:
    document = {**head, "outages": [one.document() for one in compared]}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
