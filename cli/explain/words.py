"""A story, or a list of errors, in words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from cli.explain.story import counted
from models.outages.state.trace import RULES
from models.outages.weights.scores import UNITS_PER_NAT, probability
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cli.explain.story import Story
    from cli.explain.wrong import Wrong
    from models.outages.state.trace import Decision

MOST_ROWS: Final = 6


def tell(story: Story, clock: Callable[[str], str] = str) -> Iterator[str]:
    """The lines of a story; `clock` writes its times."""
    last, deed = (story.records or [{}])[-1], story.deed()
    if last:
        yield (
            f"{story.outage_id}: {last['device_kind']} {last['device_id']}, {last['status']}, "
            f"{last['customers_affected']:,} customers, started {clock(last['started_at'])}"
        )
    else:
        yield f"{story.outage_id}: suspected only, nothing was published"
    if deed:
        yield f"placed by {deed.rule}: {RULES.get(deed.rule, deed.rule)}"
    yield from (f"  {one.text}" for one in story.circumstances())
    for step in story.steps():
        yield ""
        yield clock(format_time(step.at))
        yield from _heard(step.heard)
        for one in step.decisions:
            yield from _decided(one, story.outage_id)
        yield from (f"  revision {_revision(record)}" for record in step.records)


def _heard(rows: list[dict[str, Any]]) -> Iterator[str]:
    if rows:
        yield f"  heard    {counted(rows)}"
    if len(rows) <= MOST_ROWS:
        yield from (
            f"           {row['what']} of {row['who']}, observed {format_time(row['observed_at'])}" for row in rows
        )


def _decided(one: Decision, mine: str) -> Iterator[str]:
    whose = "" if one.outage_id == mine else f" ({one.outage_id})"
    other = f", {one.other}" if one.other else ""
    yield (
        f"  {one.rule:<8} {one.place}{whose}{other}: p {probability(one.posterior):.2f}; "
        f"{one.heard.out} out, {one.heard.on} on, {one.heard.silent} silent; {one.customers_out:,} customers out"
        + (f"; {one.device_fact}" if one.device_fact else "")
    )
    for each in one.weighed:
        yield f"           {each.score / UNITS_PER_NAT:+10.2f} nats  {each.what}"


def _revision(record: dict[str, Any]) -> str:
    said = f"{record['revision']}: {record['status']}, {record['device_id']}, confidence {record['confidence']:.2f}"
    return f"{said}, {record['customers_out']:,} of {record['customers_affected']:,} customers out"


def tell_wrong(errors: Sequence[Wrong]) -> Iterator[str]:
    """Two lines and more an error: what and where, the rule, what stood around; then how often each."""
    for n, one in enumerate(errors, 1):
        yield f"{n:3}. {one.what} {one.place}: {one.cost:,.0f} customer-minutes, outage {one.outage_id or 'none'}"
        yield f"     rule {one.rule} ({one.cause}): {RULES.get(one.rule, 'nothing was decided there')}"
        yield from (f"       {each.text}" for each in one.circumstances)
    yield ""
    for (what, rule, cause), count in Counter((one.what, one.rule, one.cause) for one in errors).most_common():
        yield f"{count:4} {what}: {rule}, {cause}"
