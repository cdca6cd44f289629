"""`faultline network suspects`: meters to be moved, as a file for the GIS; and what was found right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
import typer

from cli.broker import ConfigOption, PrefixOption, ReplayedOption
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Record = dict[str, Any]
FIELDS: Final = (
    "action", "usage_point_id", "meter_id", "from_device_id", "to_device_id", "probability_wrong", "probability_to",
    "or_to_device_ids", "zone_id", "outage_ids",
)  # fmt: skip


def suspects(
    output: Annotated[Path | None, typer.Option(help="CSV file for whoever edits the GIS.", dir_okay=False)] = None,
    sure: Annotated[float, typer.Option(min=0, max=1, help="Only those that are wrong so probably.")] = 0.0,
    rejected: Annotated[
        Path | None, typer.Option(help="CSV file of what was found right: it is left out. The flow reads it as well.")
    ] = None,
    reject: Annotated[
        list[str] | None, typer.Option(metavar="USAGE_POINT", help="It is right where it is: add it to --rejected.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="With --reject: why, beside your name.")] = None,
    input: ReplayedOption = None,  # noqa: A002
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
) -> None:
    r"""List the meters that outages show to be at another transformer than the network has them.

    The flow suspects finds them (docs/suspects.md). A file to work off, the
    surest first, "move X from T1 to T2":

        faultline network suspects --sure 0.95 --output moves.csv \

            --rejected right.csv

    What was looked at and is right does not come back:

        faultline network suspects --rejected right.csv \

            --reject P00000007 --reason "seen by crew 4"
    """
    from adapters.suspects.rejections import add_rejections, read_rejections

    if reject and (rejected is None or not (reason or "").strip()):
        raise FaultsError(["--reject adds to a file with your name and why; give --rejected and --reason"])
    found = _of_files(input) if input is not None else _of_topic(prefix, config)
    known = read_rejections(rejected)
    left = [one for one in found if (one["usage_point_id"], one["device_id"]) not in known]
    if reject and rejected is not None:
        from adapters.kafka.records.control import audit

        add_rejections(rejected, _joins(reject, left), audit((reason or "").strip()))
        left = [one for one in left if one["usage_point_id"] not in reject]
    left = [one for one in left if one["probability"] >= sure]
    left.sort(key=lambda one: (-one["probability"], one["zone_id"], one["usage_point_id"]))
    if output is not None:
        _write(output, left)
    for one in left:
        typer.echo(orjson.dumps(one).decode() if as_json else _text(one))
    if not as_json:
        typer.echo(f"{len(left):,} meters are suspected to be elsewhere", err=True)


def _of_topic(prefix: str | None, config: Path | None) -> list[Record]:
    from cli.broker import find_broker
    from cli.reading.last_states import last_of
    from models.suspects.output import SUSPECTS

    return last_of(find_broker(config, prefix), SUSPECTS.topic)


def _of_files(folder: Path) -> list[Record]:
    from models.suspects.output import SUSPECTS

    path = folder / f"{SUSPECTS.topic}.jsonl"
    if not path.is_file():
        flows = "FAULTLINE_FLOWS=dataflows.suspects.declaration"
        raise FaultsError([f"{path}: no such file; give the folder that faultline replay wrote with {flows}"])
    last: dict[str, Record] = {}
    with path.open("rb") as lines:
        for record in map(orjson.loads, lines):
            last.pop(record["usage_point_id"], None)
            if "tombstone" not in record:
                last[record["usage_point_id"]] = record
    return list(last.values())


def _joins(names: Sequence[str], found: Sequence[Record]) -> list[tuple[str, str]]:
    """Give what is rejected with the devices where it is. Raises `FaultsError` for what is not suspected."""
    device_of = {one["usage_point_id"]: one["device_id"] for one in found}
    if strange := [name for name in names if name not in device_of]:
        raise FaultsError([f"usage point {name} is not suspected; correct it" for name in strange])
    return [(name, device_of[name]) for name in dict.fromkeys(names)]


def _write(path: Path, found: Sequence[Record]) -> None:
    import csv
    from io import StringIO

    from adapters.files.whole import write_whole

    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS)
    writer.writerows(_row(one) for one in found)
    write_whole(path, text.getvalue().encode())


def _row(one: Mapping[str, Any]) -> Iterator[object]:
    first, *others = one["better"]
    yield from ("move", one["usage_point_id"], one["meter_id"], one["device_id"], first["device_id"])
    yield from (one["probability"], first["probability"], " ".join(other["device_id"] for other in others))
    yield from (one["zone_id"], " ".join(one["outage_ids"]))


def _text(one: Mapping[str, Any]) -> str:
    first, *others = one["better"]
    places = [f"{first['device_id']} ({first['probability']:.2f})"]
    places += [f"{other['device_id']} ({other['probability']:.2f})" for other in others]
    who = f"{one['usage_point_id']} (meter {one['meter_id']})"
    why = f"wrong {one['probability']:.2f}, by {len(one['outage_ids'])} outages"
    return f"move {who} from {one['device_id']} to {' or '.join(places)}: {why}"
