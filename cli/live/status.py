"""How a storm stands while it is lived through: a table that moves on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Final

import msgspec
from rich.live import Live as Moving
from rich.table import Table

from models.contracts.outputs.outage import FINAL_STATUSES
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import Console

LINE_SECONDS: Final = 5.0


class _Revision(msgspec.Struct, gc=False):
    outage_id: str
    status: str
    customers_out: int


_read: Final = msgspec.json.Decoder(_Revision).decode


@dataclass(slots=True)
class LiveStatus:
    """What has been fed, what is still on its way, and what is out."""

    log_time: int = 0
    records: int = 0
    lags: Sequence[int] = ()
    """Records that ingest and outages have not committed."""
    outages: int = 0
    """All so far."""
    revisions: int = 0
    records_a_second: float = 0.0
    waiting: Sequence[str] = ()
    """What keeps the flows from reading."""
    _out: dict[str, int] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)
    _counted: tuple[float, int] | None = None

    @property
    def open(self) -> int:
        """Outages that are not over."""
        return len(self._out)

    @property
    def customers_out(self) -> int:
        """Customers without power, as published."""
        return sum(self._out.values())

    def add_revisions(self, revisions: Sequence[bytes]) -> None:
        """Take new records of the life cycle."""
        for revision in map(_read, revisions):
            if revision.status in FINAL_STATUSES:
                self._out.pop(revision.outage_id, None)
            else:
                self._out[revision.outage_id] = revision.customers_out
            self._seen.add(revision.outage_id)
        self.revisions += len(revisions)
        self.outages = len(self._seen)

    def fed(self, log_time: int, records: int, lags: Sequence[int]) -> None:
        """Take how far the feed and the readers are."""
        self.log_time, self.records, self.lags = log_time, records, lags
        at, before = self._counted or (monotonic(), records)
        if monotonic() - at >= 1 or self._counted is None:
            self.records_a_second = (records - before) / max(monotonic() - at, 1.0)
            self._counted = monotonic(), records

    def rows(self) -> list[tuple[str, str]]:
        """Give it line by line."""
        lags = [f"{lag:,}" for lag in self.lags] or ["-", "-"]
        waiting = [("waiting", ", ".join(self.waiting))] if self.waiting else []
        return [
            *waiting,
            ("time of the storm", format_time(self.log_time)[:19].replace("T", " ") if self.log_time else "-"),
            ("records fed", f"{self.records:,} ({self.records_a_second:,.0f} a second)"),
            ("not yet read by ingest", lags[0]),
            ("not yet read by outages", lags[1]),
            ("open outages", f"{self.open:,} of {self.outages:,}"),
            ("customers out", f"{self.customers_out:,}"),
        ]

    def line(self) -> str:
        """Give it in one line."""
        at = f"{format_time(self.log_time)}, " if self.log_time else ""
        at = f"{', '.join(self.waiting)}; {at}" if self.waiting else at
        behind = ", behind " + " and ".join(f"{lag:,}" for lag in self.lags) if self.lags else ""
        out = f"{self.open:,} outages open, {self.customers_out:,} customers out"
        return f"{at}{self.records:,} records fed{behind}, {out}"


@contextmanager
def shown(console: Console) -> Iterator[Callable[[LiveStatus], None]]:
    """Give what shows a standing, as often as it likes."""
    if console.is_terminal:
        with Moving(console=console, auto_refresh=False, transient=True) as moving:
            yield lambda status: moving.update(_table(status), refresh=True)
        return
    printed_at = monotonic()

    def print_line(status: LiveStatus) -> None:
        nonlocal printed_at
        if monotonic() - printed_at >= LINE_SECONDS:
            printed_at = monotonic()
            console.print(f"live: {status.line()}", soft_wrap=True, highlight=False)

    yield print_line


def _table(status: LiveStatus) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    for row in status.rows():
        table.add_row(*row)
    return table
