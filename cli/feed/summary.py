"""What a feed came to."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from rich.console import Console

    from adapters.kafka.playing.feed import Feed


class FeedSummary(TypedDict):
    """The figures of a feed, as `--json` prints them."""

    records: dict[str, int]
    """Lines written, by topic."""
    blank: int
    """Lines left out because they are blank."""
    marks: int
    log_time: str | None
    """How far the log time came."""
    wall_seconds: float


def how_far(feed: Feed) -> str:
    """Say how far a feed has come, while it runs."""
    written = f"{feed.records.total():,} records"
    return f"{format_time(feed.log_time)}, {written}" if feed.log_time else written


def summarise(feed: Feed, wall_seconds: float) -> FeedSummary:
    """Sum up a feed that has ended."""
    return FeedSummary(
        records=dict(feed.records),
        blank=feed.blank,
        marks=feed.marks,
        log_time=format_time(feed.log_time) if feed.log_time else None,
        wall_seconds=round(wall_seconds, 3),
    )


def show_summary(summary: FeedSummary, console: Console) -> None:
    """Print the summary for people."""
    lines = [f"{topic}: {number:,} records" for topic, number in summary["records"].items()]
    left_out = f", {summary['blank']:,} blank lines left out" if summary["blank"] else ""
    until = f" up to {summary['log_time']}" if summary["log_time"] else ""
    lines.append(f"fed{until} in {summary['wall_seconds']:.1f} s, {summary['marks']:,} marks{left_out}")
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)
