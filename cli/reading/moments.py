"""The moments of a replay, from the files that it wrote: what a flow behind the outages would have lived through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from adapters.kafka.records.followed_record import RecordReader
from models.contracts.registry import output_of
from models.contracts.topics import OUTAGE_CLOCK
from models.refusal import FaultsError
from models.timeline.moment import Followed, Moment
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


def moments_of(replayed: Path, *stems: str) -> Iterator[Moment]:
    """Divide the records of topics of the outages flow by the clock. Raises `FaultsError`."""
    files = {stem: replayed / f"{stem}.jsonl" for stem in (*stems, OUTAGE_CLOCK)}
    if missing := [file for file in files.values() if not file.is_file()]:
        raise FaultsError([f"{file}: no such file; give the output folder of a replay" for file in missing])
    return _moments(files)


def _moments(files: Mapping[str, Path]) -> Iterator[Moment]:
    waiting = {stem: list(_records(stem, file)) for stem, file in files.items() if stem != OUTAGE_CLOCK}
    begin = dict.fromkeys(waiting, 0)
    for tick in _lines(files[OUTAGE_CLOCK]):
        found: list[Followed] = []
        for stem, records in waiting.items():
            end = begin[stem]
            while end < len(records) and records[end].sequence <= tick["sequences"][stem]:
                end += 1
            found += records[begin[stem] : end]
            begin[stem] = end
        yield Moment(tick["sequence"], parse_time(tick["updated_at"]), tuple(found))


def _records(stem: str, file: Path) -> Iterator[Followed]:
    reader = RecordReader(output_of(stem))
    for number, line in enumerate(_lines(file), 1):
        try:
            yield reader.take(line)
        except (ValueError, KeyError):
            reason = "is no record as this version writes them; replay the storm again"
            raise FaultsError([f"{file}:{number}: {reason}"]) from None


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError:
                raise FaultsError([f"{file}:{number}: is no JSON; give the output folder of a replay"]) from None
