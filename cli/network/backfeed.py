"""`faultline network backfeed`: where somebody has power though nobody may."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
import typer

from cli.broker import ConfigOption, PrefixOption, ReplayedOption
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Mapping

Record = dict[str, Any]
NAMED: Final = 5
"""So many usage points are named for people."""
TO_DO: Final = {
    "part": "others there are still out: take it for a backfeed, and warn who is there",
    "whole": "probably closed, and nobody has said so: ask the crews before anybody touches the line",
}
"""By extent."""


def backfeed(
    every: Annotated[bool, typer.Option("--all", help="Also those that have been cleared.")] = False,
    input: ReplayedOption = None,  # noqa: A002
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
) -> None:
    """List the sections that are open or under clearance and in which somebody has power, with the crews there.

    Those where others are still out come first (docs/consuming.md, "Power
    where there must be none"):

        faultline network backfeed
    """
    found = _of_files(input) if input is not None else _of_topic(prefix, config)
    left = [one for one in found if every or one["status"] == "active"]
    left.sort(key=lambda one: (one["status"] != "active", one["extent"], one["first_on_at"], one["backfeed_id"]))
    for one in left:
        typer.echo(orjson.dumps(one).decode() if as_json else _text(one))
    if not left and not as_json:
        typer.echo("nobody has power where nobody may")


def _of_topic(prefix: str | None, config: Path | None) -> list[Record]:
    from cli.broker import find_broker
    from cli.reading.last_states import last_of
    from models.contracts.topics import SAFETY_BACKFEED

    return last_of(find_broker(config, prefix), SAFETY_BACKFEED)


def _of_files(folder: Path) -> list[Record]:
    from models.contracts.topics import SAFETY_BACKFEED

    path = folder / f"{SAFETY_BACKFEED}.jsonl"
    if not path.is_file():
        raise FaultsError([f"{path}: no such file; give the folder that faultline replay wrote"])
    with path.open("rb") as lines:
        return list({record["backfeed_id"]: record for record in map(orjson.loads, lines)}.values())


def _text(one: Mapping[str, Any]) -> str:
    """Write one for people."""
    active = one["status"] == "active"
    closed = f", closed at {one['closed_at']}" if one["closed_at"] else ""
    over = "" if active else f", cleared ({one['cleared_by']}{closed}) at {one['updated_at']}"
    head = f"{one['device_id']}  {one['zone_id']}  {one['basis']} since {one['isolated_since']}"
    lines = [f"{head}, {one['extent']} of it with power since {one['first_on_at']}{over}"]
    if one["usage_points"]:
        named = [f"{point['usage_point_id']} below {point['device_id']}" for point in one["usage_points"][:NAMED]]
        more = one["usage_points_on"] - len(named)
        lines.append(f"  {', '.join(named)}{f', and {more:,} more' if more else ''}")
    crews = [f"{crew['crew_id']} ({crew['status']})" for crew in one["crews"]]
    lines.append(f"  crews there: {', '.join(crews) or 'none known'}")
    if active:
        lines.append(f"  {TO_DO[one['extent']]}")
    return "\n".join(lines)
