"""The page: what each check saw, what to do about it, and the verdict on all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from rich.console import Console
from rich.table import Table

from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Verdict = Literal["ready", "not ready", "unknown", "not asked"]
"""`unknown`: it belongs to the page and could not be seen. `not asked`: nothing of the kind is here, or was named."""
CODES: Final = {"ready": 0, "not ready": 1, "unknown": 3}


class Row(NamedTuple):
    """What one look came to."""

    check: str
    subject: str
    verdict: Verdict
    saw: str
    todo: str = ""


def look(check: str, rows: Callable[[], Iterable[Row]]) -> Iterator[Row]:
    """Give the rows of a check; one that Kafka or a file keeps from looking is one that saw nothing."""
    try:
        yield from rows()
    except FaultsError as error:
        for fault in error.faults:
            saw, _, todo = fault.rpartition("; ")
            yield Row(check, "", "unknown", saw or fault, todo if saw else "mend that, then ask again")


def verdict_of(rows: Sequence[Row]) -> Verdict:
    """Give the verdict on all: the worst of them."""
    verdicts = {row.verdict for row in rows}
    return next((one for one in ("not ready", "unknown") if one in verdicts), "ready")


def document_of(rows: Sequence[Row], asked_at: str) -> dict[str, Any]:
    """Give the page as JSON has it."""
    return {"verdict": verdict_of(rows), "asked_at": asked_at, "checks": [row._asdict() for row in rows]}


def print_page(rows: Sequence[Row], asked_at: str) -> None:
    """Print a table on a terminal, elsewhere a line for each row, and the verdict."""
    console = Console(highlight=False, markup=False)
    if console.is_terminal:
        table = Table("check", "what", "verdict", "saw", "what to do", expand=True)
        for row in rows:
            table.add_row(*row._asdict().values())
        console.print(table)
    else:
        for row in rows:
            name = f"{row.check} {row.subject}".rstrip()
            todo = f"; {row.todo}" if row.todo else ""
            console.print(f"{row.verdict}: {name}: {row.saw}{todo}", soft_wrap=True)
    console.print(f"{asked_at}: {_summary(rows)}", soft_wrap=True)


def _summary(rows: Sequence[Row]) -> str:
    counts = {verdict: sum(row.verdict == verdict for row in rows) for verdict in CODES}
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    return f"{verdict_of(rows)} ({told or 'nothing was asked'})"
