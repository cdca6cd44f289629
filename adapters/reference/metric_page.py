"""The reference page of the metrics, written from their table."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Final

from adapters.metrics.declaration import CounterRow, HistogramRow
from adapters.metrics.table import all_sections, flows_of, measured_flows

if TYPE_CHECKING:
    from adapters.metrics.declaration import Label, Row

_HEAD: Final = """# Metrics

What `/metrics` of a process tells, generated from the code by `make reference`: Prometheus's text format, or
OpenMetrics where it is asked for. Names begin with `faultline_` and end in their unit; what ends in `_total` only
rises, and starts from 0 with the process. Every label has a closed set of values, never a meter, a customer or an
outage; what is outside of its set is counted as `other`. Topics go by their names without the prefix of the
environment. Beside them stand the process's own: `process_cpu_seconds_total`, `process_resident_memory_bytes`,
`process_open_fds` and others.

Start here: `faultline_quarantined_zones`, `faultline_watermark_lag_seconds`, `faultline_end_to_end_delay_seconds` and
`faultline_epoch_age_seconds` tell whether people see the storm as it is; the others tell why not.
"""


def metrics_page() -> str:
    """Return the text of `docs/reference/metrics.md`."""
    return "\n".join([_HEAD, *(_section(title, rows) for title, rows in all_sections().items() if rows)])


def _section(title: str, rows: tuple[Row, ...]) -> str:
    return "\n".join([f"## {title}", "", *map(_entry, rows)])


def _entry(row: Row) -> str:
    flows = flows_of(row)
    flow = "every flow" if flows == measured_flows() else ", ".join(f"`{name}`" for name in flows)
    unit = f" in {row.unit}" if row.unit else ""
    facts = [f"{_kind(row)}{unit}, {flow}", *map(_label, row.labels)]
    if isinstance(row, HistogramRow):
        facts.append("buckets up to " + ", ".join(f"{bound:g}" for bound in row.buckets))
    lines = [f"### `{row.name}`", "", _fill(f"{facts[0]}. {row.help}"), "", *(_fill(f"- {fact}") for fact in facts[1:])]
    return "\n".join([*lines, *([""] if facts[1:] else []), _fill(f"*Look at:* {row.look}"), ""])


def _fill(text: str) -> str:
    return fill(
        text, 120, break_on_hyphens=False, break_long_words=False, subsequent_indent="  " * text.startswith("- ")
    )


def _kind(row: Row) -> str:
    if isinstance(row, HistogramRow):
        return "Histogram"
    return "Counter" if isinstance(row, CounterRow) else "Gauge"


def _label(label: Label) -> str:
    values = ": " + ", ".join(f"`{value}`" for value in label.values) if label.values else ""
    return f"label `{label.name}`: {label.meaning}{values}"
