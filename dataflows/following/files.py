"""A flow behind the outages in a replay: over what the engine has just published, into files."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import bytewax.operators as op

from adapters.files.sink import FileSink, Layout
from adapters.kafka.records.followed_record import RecordReader
from dataflows.service.keyed_state import LifeState
from models.contracts.registry import output_of
from models.contracts.topics import OUTAGE_CLOCK
from models.timeline.life import Life
from models.timeline.moment import Followed, Moment, Placed
from models.timeline.rows import NumberedRows
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bytewax.operators import KeyedStream

    from dataflows.following.declaration import Following
    from dataflows.service.flows import Replayed
    from models.timeline.life import Written

    Records = Sequence[Mapping[str, Any]]


def lay_over_files(
    following: Following, published: KeyedStream[Mapping[str, Records]], organisation: str, replayed: Replayed
) -> dict[str, FileSink]:
    """Lay the flow behind what was published, by topic; returns its sinks by the name of the output."""
    usual = following.usual(replayed.networks) if callable(following.usual) else following.usual

    def open_life(_partition: int, saved: Mapping[str, Any] | None) -> Life:
        return Life(partial(following.model, *usual), following.outputs, organisation, saved)

    name = following.name
    readers = {stem: RecordReader(output_of(stem)) for stem in following.reads}
    moments = op.flat_map_value(f"{name}_moments", published, lambda some: _moments(following, readers, some))
    lived = op.stateful_batch(f"{name}_life", moments, lambda state: LifeState(open_life, state))
    sinks = {}
    for one in following.outputs:
        layout = Layout(number="sequence", dense=True, counted=one.counted)
        sinks[one.name] = FileSink({replayed.partition: replayed.output / f"{one.topic}.jsonl"}, layout)
        op.output(one.name, op.filter_map_value(f"{one.name}_records", lived, _pick(one.name)), sinks[one.name])
    return sinks


def _moments(
    following: Following, readers: Mapping[str, RecordReader], published: Mapping[str, Records]
) -> Iterator[Placed]:
    """Divide what was published by its clock. Each batch holds whole instants, and their clock."""
    waiting = {stem: list(published[stem]) for stem in readers}
    for tick in published[OUTAGE_CLOCK]:
        records: list[Followed] = []
        for stem, reader in readers.items():
            count = sum(record["sequence"] <= tick["sequences"].get(stem, 0) for record in waiting[stem])
            taken = map(reader.take, waiting[stem][:count])
            records += [one._replace(record=following.keep(one)) for one in taken]
            waiting[stem] = waiting[stem][count:]
        if following.log is not None:
            routed = [one for record in records if (one := following.route(record)) is not None]
            records = [Followed(following.log.topic, tick["sequence"], *one) for one in routed]
        yield Placed(0, Moment(tick["sequence"], parse_time(tick["updated_at"]), tuple(records)))


def _pick(name: str) -> Any:  # noqa: ANN401 (Bytewax wants a callable of its own types)
    def pick(written: list[Written]) -> list[dict[str, Any]] | None:
        mine = (some for output, some in written if output == name)
        return [one for some in mine for one in (some.records() if isinstance(some, NumberedRows) else (some,))] or None

    return pick
