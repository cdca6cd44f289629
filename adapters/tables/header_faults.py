"""What is wrong with the header of a table, said by what stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.tables.raw_table import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.tables.layout import TableLayout

DELIMITERS: Final = {";": "semicolons", "\t": "tabs", "|": "bars"}


def delimiter_fault(text: str, layout: TableLayout) -> str | None:
    """Say that a header's columns are divided by something else than commas."""
    for delimiter, name in DELIMITERS.items():
        names = {part.strip(' "').casefold() for part in text.split(delimiter)}
        if len(names & set(layout.columns)) > 1:
            return f"columns are divided by {name}; save the table with commas (CSV UTF-8)"
    return None


def missing_faults(present: Sequence[str], layout: TableLayout) -> list[str]:
    """Give a sentence for each required column that is missing, with the header's own name for it where one is near."""
    missing = sorted(set(layout.required).difference(present))
    if missing and not {_plain(name) for name in present} & set(layout.columns):
        found = ", ".join(shown(name) for name in present[:3])
        return [f"line has no name of a column, but {found}; write a header line with {', '.join(layout.required)}"]
    near = {_plain(name): name for name in present}
    return [
        f"column {column} is missing, the header has {shown(near[column])}; write {column}, and no spaces beside commas"
        if column in near
        else f"column {column} is missing; add it"
        for column in missing
    ]


def _plain(name: str) -> str:
    return name.strip().casefold().replace(" ", "_").replace("-", "_")
