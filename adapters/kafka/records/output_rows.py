"""Rows of an output as they stand on Kafka: the same bytes as record by record, from templates.

What a group's records share is written as JSON once, with a place for what each row says itself.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from adapters.kafka.clients.producer import Outgoing
from adapters.kafka.records.cloud_events import SEQUENCE_DIGITS, headers
from models.timeline.rows import Column

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from adapters.kafka.records.cloud_events import Header
    from models.contracts.registry import Output
    from models.timeline.rows import NumberedRows, Stretch

    Texts = Mapping[str, Sequence[bytes]]

KEY: Final = Column("key")
"""Without the marks around it: the event's id begins with it."""
SEQUENCE: Final = Column("sequence")
_OWN: Final = frozenset({"ce_id", "ce_subject", "ce_sequence"})
"""Headers that differ from row to row."""


class _Template(NamedTuple):
    """How the records of a group are written."""

    text: bytes | None
    """With `%b` for each of `columns`; None: without a value."""
    columns: Sequence[str]
    headers: list[Header]
    """Those that all have."""
    ending: bytes
    """What the id of its events ends with."""


def outgoing_rows(output: Output, rows: NumberedRows, organisation: str) -> Iterator[Outgoing]:
    """Write rows one by one, when they are asked for; without a value where a key may be forgotten."""
    templates = [_template(output, rows, shared, organisation) for shared in rows.said.shared]
    first = rows.first
    for stretch in rows.said.stretches():
        columns = _texts(stretch, first)
        start = 0
        for group, some in groupby(stretch.groups):
            end = start + len(list(some))
            yield from _write(templates[group], stretch.keys[start:end], columns, (start, end), first + start)
            start = end
        first += len(stretch.keys)


def _write(
    template: _Template, keys: Sequence[str], columns: Texts, span: tuple[int, int], first: int
) -> Iterator[Outgoing]:
    """Write the rows of one group in a line."""
    text, alike, ending = template.text, template.headers, template.ending
    cut = [columns[name][span[0] : span[1]] for name in template.columns]
    values = map(text.__mod__, zip(*cut, strict=True)) if text is not None else [None] * len(keys)
    for number, (key, value) in enumerate(zip(map(str.encode, keys), values, strict=True), start=first):
        own = [("ce_id", key + ending), ("ce_subject", key), ("ce_sequence", b"%0*d" % (SEQUENCE_DIGITS, number))]
        yield Outgoing(value, key, [*alike, *own], number)


def _template(output: Output, rows: NumberedRows, shared: Mapping[str, Any], organisation: str) -> _Template:
    frame = {output.key: "", "sequence": 0, "updated_at": rows.updated_at, "event_id": ""}
    common = [one for one in headers(output, frame | dict(shared), organisation) if one[0] not in _OWN]
    if "tombstone" in shared:
        return _Template(None, (), common, f":{rows.updated_at}:tombstone".encode())
    whole = {**shared, **rows.added(), output.key: (KEY, ""), "event_id": (KEY, f":{rows.updated_at}")}
    whole["sequence"] = SEQUENCE
    columns: list[str] = []
    return _Template(_compile(whole, columns), columns, common, f":{rows.updated_at}".encode())


def _compile(value: object, columns: list[str]) -> bytes:
    """Write a value as JSON with sorted keys, with `%b` for columns, which are noted in their order."""
    if isinstance(value, Column):
        columns.append(value.name)
        return b"%b"
    if isinstance(value, tuple):
        columns.append(value[0].name)
        return b'"%b' + _escaped(value[1])[1:]
    if isinstance(value, dict):
        inside = (_escaped(name) + b":" + _compile(value[name], columns) for name in sorted(value))
        return b"{" + b",".join(inside) + b"}"
    return _escaped(value)


def _escaped(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).replace(b"%", b"%%")


def _texts(stretch: Stretch, first: int) -> Texts:
    """Give each column as JSON, row by row."""
    keys = [orjson.dumps(key)[1:-1] for key in stretch.keys]
    times = {name: _times(column) for name, column in stretch.times.items()}
    numbers = [b"%d" % number for number in range(first, first + len(keys))]
    return {KEY.name: keys, SEQUENCE.name: numbers, **times}


def _times(texts: list[str | None]) -> list[bytes]:
    if texts.count(texts[0]) == len(texts):  # as of one instant
        return [orjson.dumps(texts[0])] * len(texts)
    return [b"null" if text is None else b'"%b"' % text.encode() for text in texts]
