"""How a comparison of two sites is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from models.twins.numbered import OTHER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cli.twin.checking import Checked
    from models.twins.comparison import Behind, Finding

SHOWN: Final = 20
"""Findings of a partition that are written in lines; JSON has more."""
_WORDS: Final = {
    "different": "is not the same",
    "missing": "is missing",
    "doubled": "is there twice, the same both times",
    "contradictory": "is there twice, in two forms",
    "foreign": "is a record without a number: no flow wrote it",
    "misnumbered": "has a number out of order: its headers are damaged",
}


def document_of(checked: Checked) -> dict[str, Any]:
    """Give a partition as JSON has it."""
    result = checked.result
    return {
        "topic": checked.topic,
        "partition": checked.partition,
        "verdict": result.verdict,
        "records_compared": result.compared,
        "digests": result.digests,
        "behind": None if result.behind is None else result.behind._asdict(),
        "counts": dict(result.counts),
        "findings": [finding._asdict() | {"key": _key(finding)} for finding in result.findings],
    }


def lines_of(checked: Checked) -> Iterator[str]:
    """Write what is not as it should be in a partition: a line each, none where all is well."""
    place, result = f"{checked.topic}/{checked.partition}", checked.result
    if result.behind is not None:
        yield f"{place}: {_behind_text(result.behind)}"
    for finding in result.findings[:SHOWN]:
        yield f"{place}: {_finding_text(finding)}"
    if (more := result.counts.total() - len(result.findings[:SHOWN])) > 0:
        counts = ", ".join(f"{count:,} {kind}" for kind, count in result.counts.items())
        yield f"{place}: {more:,} more; in all {counts}"


def summary_of(found: Sequence[Checked]) -> str:
    """Write the verdict on all partitions."""
    verdicts = [checked.result.verdict for checked in found]
    compared = sum(checked.result.compared for checked in found)
    head = f"{compared:,} records of {len(found)} partitions compared"
    if "different" in verdicts:
        parts = verdicts.count("different")
        return f"{head}: different in {parts}; serve from neither by guess, see docs/operations.md, Two sites"
    if verdicts.count("same") == len(found):
        return f"{head}: the same"
    told = [f"{verdicts.count(word)} {word}" for word in ("behind", "repeated") if word in verdicts]
    return f"{head}: the same as far as both have come ({', '.join(told)})"


def _behind_text(behind: Behind) -> str:
    other = OTHER[behind.site]
    until, reached = behind.until[behind.site], behind.until[other]
    return f"{behind.site} is behind by {behind.records:,} records: at {until or 'nothing yet'}, {other} at {reached}"


def _finding_text(finding: Finding) -> str:
    number = "" if finding.number is None else f"number {finding.number} "
    key = f"(key {_key(finding)}) " if finding.key is not None else ""
    offsets = ", ".join(f"offset {offset} {site}" for site, offset in finding.offsets.items())
    where = "" if finding.site is None else f" {finding.site}"
    if finding.kind == "missing" and finding.site is None:
        where = " at both"
    return f"{number}{key}{_WORDS[finding.kind]}{where}{f': {offsets}' if offsets else ''}"


def _key(finding: Finding) -> str | None:
    return None if finding.key is None else finding.key.decode("utf-8", "replace")
