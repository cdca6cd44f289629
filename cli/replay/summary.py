"""What a replay came to: lines by topic, dead letters by disposition, outages and restorations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypedDict

from rich.table import Table

from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.console import Console

    from dataflows.replay.flow import Replay


COLUMNS: Final[tuple[Literal["read", "used", "copies", "refused"], ...]] = ("read", "used", "copies", "refused")


class Lines(TypedDict):
    """Lines of one topic; each is used, a copy or refused."""

    read: int
    used: int
    copies: int
    refused: int


class Summary(TypedDict):
    """The figures of a replay, as `--json` prints them."""

    topics: dict[str, Lines]
    dead_letters: dict[str, int]
    """By disposition."""
    outages: int
    revisions: int
    restorations: dict[str, int]
    """Records by basis."""
    went_on_seconds: float
    """How long log time went on after the last line of all topics."""
    network_version: str
    wall_seconds: float
    """Of the run that ended; what ran before a kill is not in it."""


def how_far(replay: Replay) -> str:
    """Say how far a replay has come, while it runs."""
    at = replay.log_time()
    outages = f"{replay.count('lifecycle')[1]:,} outages"
    return f"{format_time(at)}, {outages}" if at else outages


def summarise(replay: Replay, wall_seconds: float) -> Summary:
    """Sum up a replay that has ended."""
    revisions = replay.count("lifecycle")
    return Summary(
        topics={
            topic: Lines(read=lines.read, used=lines.used, copies=lines.copies, refused=lines.refused)
            for topic, lines in replay.totals().items()
        },
        dead_letters=dict(sorted(replay.count_dead_letters().items())),
        outages=revisions[1],
        revisions=revisions.total(),
        restorations=dict(sorted(replay.count("restorations").items())),
        went_on_seconds=(replay.engine.went_on if replay.engine else 0) / 1000,
        network_version=replay.prepared.network.version,
        wall_seconds=round(wall_seconds, 3),
    )


class Doubt(NamedTuple):
    """What makes a replay worthless that ended without an error."""

    words: str
    code: int


def find_doubt(summary: Summary) -> Doubt | None:
    """Say whether nothing was read, or most of it refused; None where all is well."""
    lines = _together(summary["topics"].values())
    if not lines["read"]:
        return Doubt("nothing was read: the topics' files are empty; give the events, a JSON object a line", 1)
    if 2 * lines["refused"] <= lines["read"]:
        return None
    reason = max(summary["dead_letters"], key=summary["dead_letters"].__getitem__, default="unknown")
    share = "all" if lines["refused"] == lines["read"] else f"{lines['refused']:,} of"
    mend = "is this the network of these events?" if reason.startswith("unknown") else "look into the files *.dlq.jsonl"
    return Doubt(f"{share} {lines['read']:,} lines were refused, most as {reason}; {mend}", int(share == "all"))


def show_summary(summary: Summary, console: Console) -> None:
    """Print the summary for people."""
    table = Table(box=None, pad_edge=False)
    table.add_column("topic")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    for name, lines in (*summary["topics"].items(), ("all", _together(summary["topics"].values()))):
        table.add_row(name, *(f"{lines[column]:,}" for column in COLUMNS))
    console.print(table)
    minutes = summary["went_on_seconds"] / 60
    after = f"time went on for {minutes:.0f} min after the last line, so that what was pending is decided"
    for line in (
        f"dead letters: {_listed(summary['dead_letters'])}",
        f"outages: {summary['outages']:,} in {summary['revisions']:,} revisions",
        f"restorations: {_listed(summary['restorations'])}",
        *([after] if minutes else []),
        f"replayed in {summary['wall_seconds']:.1f} s",
    ):
        console.print(line, soft_wrap=True, highlight=False)


def _together(topics: Iterable[Lines]) -> Lines:
    topics = list(topics)
    return Lines(
        read=sum(lines["read"] for lines in topics),
        used=sum(lines["used"] for lines in topics),
        copies=sum(lines["copies"] for lines in topics),
        refused=sum(lines["refused"] for lines in topics),
    )


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"
