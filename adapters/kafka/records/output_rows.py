"""Rows of an output as they stand on Kafka: the same bytes as record by record, from templates.

What a group's records share is written as JSON once, with a place for what each row says itself.
"""

from __future__ import annotations

from functools import partial
from itertools import groupby, repeat
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from adapters.kafka.clients.producer import Outgoing
from adapters.kafka.records.cloud_events import SEQUENCE_DIGITS, headers
from models.timeline.rows import Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from adapters.kafka.records.cloud_events import Header
    from models.contracts.registry import Output
    from models.timeline.rows import NumberedRows, Stretch

    Texts = Mapping[str, Sequence[bytes]]

KEY: Final = Column("key")
"""Without the marks around it: the event's id begins with it."""
SEQUENCE: Final = Column("sequence")
KEY_BYTES: Final = "key bytes"
PADDED: Final = "padded sequence"
_PLACE: Final = b"\0"
"""Where a column stands in a template: JSON has no such byte."""
_make_outgoing: Final = partial(tuple.__new__, Outgoing)
_OWN: Final = ("ce_id", "ce_subject", "ce_sequence")
"""Headers that differ from row to row."""


class _Template(NamedTuple):
    """How the records of a group are written."""

    texts: Sequence[bytes] | None
    """What stands before, between and after `columns`; None: without a value."""
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
            yield from _write(templates[group], columns, (start, end), first + start)
            start = end
        first += len(stretch.keys)


def _write(template: _Template, columns: Texts, span: tuple[int, int], first: int) -> Iterator[Outgoing]:
    """Write the rows of one group in a line: column by column, as no row is looked at by itself."""
    cut = {name: columns[name][span[0] : span[1]] for name in {KEY_BYTES, PADDED, *template.columns}}
    keys, count = cut[KEY_BYTES], span[1] - span[0]
    values: Iterable[bytes | None] = repeat(None, count)
    if template.texts is not None:
        parts: list[Iterable[bytes]] = [repeat(template.texts[0], count)]
        for name, after in zip(template.columns, template.texts[1:], strict=True):
            parts += (cut[name], repeat(after))
        values = map(b"".join, zip(*parts))  # noqa: B905 (repeats have no end)
    ids = [key + template.ending for key in keys]
    own = (zip(repeat(name), some) for name, some in zip(_OWN, (ids, keys, cut[PADDED]), strict=True))
    each = map(list, zip(*map(repeat, template.headers), *own))  # noqa: B905
    rest = repeat(None), repeat(0), repeat(False)  # noqa: FBT003 (as `Outgoing` has them)
    rows = zip(values, keys, each, range(first, first + count), *rest)  # noqa: B905
    return map(_make_outgoing, rows)


def _template(output: Output, rows: NumberedRows, shared: Mapping[str, Any], organisation: str) -> _Template:
    frame = {output.key: "", "sequence": 0, "updated_at": rows.updated_at, "event_id": ""}
    common = [one for one in headers(output, frame | dict(shared), organisation) if one[0] not in _OWN]
    if "tombstone" in shared:
        return _Template(None, (), common, f":{rows.updated_at}:tombstone".encode())
    whole = {**shared, **rows.added(), output.key: (KEY, ""), "event_id": (KEY, f":{rows.updated_at}")}
    whole["sequence"] = SEQUENCE
    columns: list[str] = []
    texts = _compile(whole, columns).split(_PLACE)
    return _Template(texts, columns, common, f":{rows.updated_at}".encode())


def _compile(value: object, columns: list[str]) -> bytes:
    """Write a value as JSON with sorted keys, with a mark for columns, which are noted in their order."""
    if isinstance(value, Column):
        columns.append(value.name)
        return _PLACE
    if isinstance(value, tuple):
        columns.append(value[0].name)
        return b'"' + _PLACE + _escaped(value[1])[1:]
    if isinstance(value, dict):
        inside = (_escaped(name) + b":" + _compile(value[name], columns) for name in sorted(value))
        return b"{" + b",".join(inside) + b"}"
    return _escaped(value)


def _escaped(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _texts(stretch: Stretch, first: int) -> Texts:
    """Give each column as JSON, row by row."""
    keys = list(map(str.encode, stretch.keys))
    times = {name: _times(column) for name, column in stretch.times.items()}
    numbers = list(map(b"%d".__mod__, range(first, first + len(keys))))
    padded = [number.zfill(SEQUENCE_DIGITS) for number in numbers]
    return {KEY_BYTES: keys, KEY.name: _in_json(stretch.keys, keys), SEQUENCE.name: numbers, PADDED: padded, **times}


def _in_json(keys: Sequence[str], written: list[bytes]) -> Sequence[bytes]:
    """Give keys as they stand in JSON, without the marks around them: mostly as they are."""
    if len(orjson.dumps("".join(keys))) == sum(map(len, written)) + 2:
        return written
    return [orjson.dumps(key)[1:-1] for key in keys]


def _times(texts: list[str | None]) -> list[bytes]:
    if texts.count(texts[0]) == len(texts):  # as of one instant
        return [orjson.dumps(texts[0])] * len(texts)
    written = {text: orjson.dumps(text) for text in set(texts)}
    return list(map(written.__getitem__, texts))
