"""What became of each raw record, counted from the topics alone, without any code that made them.

The evidence log has to account for each origin's offsets without a gap in every partition, its watermarks have to be
true, and each record has to be somewhere: a control record, a row, a dead letter, or a word about a meter that the
network need not know.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import orjson

from adapters.kafka.records.dead_letters.dead_letter import KEPT, PREFIX
from models.contracts.topics import CREW_EVENTS, RAW_TOPICS, dead_letter_topic

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from models.evidence.batch import EvidenceBatch
    from tests.chaos.stage import Raw, Stage
    from tests.chaos.topics import EvidenceLog, Record

FREE_KINDS: Final = {"installed", "removed"}
"""What is said of a meter that may not be on the network: it changes nothing."""
MARK: Final = "faultline-mark"


@dataclass
class Accounts:
    """What was counted on the way."""

    repeated_offsets: int = 0
    """Offsets that the evidence log accounts for again, summed over its partitions."""
    repeated_letters: int = 0
    dead_letters: int = 0
    rows: dict[str, dict[int, set[int]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    """By origin and offset, the evidence partitions that have a row of it."""
    deferred: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))


def account(stage: Stage) -> Accounts:
    """Show that each raw record of a finished run is somewhere, and nothing is twice that counts twice."""
    by_origin: dict[str, list[Raw]] = {origin: [] for origin in stage.raw_ends()}
    for raw in stage.recorded():
        by_origin[f"{raw.topic}/{raw.partition}"].append(raw)
    stage.log.read_to_end()
    accounts = Accounts()
    for partition in range(stage.evidence_partitions):
        _follow(stage.log, partition, by_origin, accounts)
    letters = _letters(stage, accounts)
    for origin, raws in by_origin.items():
        _settle(origin, raws, accounts, letters.get(origin, {}))
    return accounts


def _follow(log: EvidenceLog, partition: int, by_origin: Mapping[str, Sequence[Raw]], accounts: Accounts) -> None:
    """Follow one partition of the log: intervals without gaps, rows within them, watermarks that are true."""
    expected: dict[str, int] = dict.fromkeys(by_origin, 0)
    watermarks: dict[str, int] = dict.fromkeys(by_origin, 0)
    for batch in (batch for record in log.records[partition] for batch in record.batches):
        origin, start = batch.origin, expected[batch.origin]
        rows = list(_rows(batch))
        if batch.offsets is None:
            assert not rows, f"{origin}: rows without an account, in evidence partition {partition}"
        else:
            first, end = batch.offsets
            assert first <= start, f"{origin}: offsets {start} to {first} are missing in evidence partition {partition}"
            accounts.repeated_offsets += max(0, min(end, start) - first)
            for offset, log_time in rows:
                assert first <= offset < end, f"{origin}: row {offset} of a batch for {first} to {end}"
                late = offset >= start and log_time < watermarks[origin]
                assert not late, f"{origin}: offset {offset} of {log_time} comes after the mark {watermarks[origin]}"
                accounts.rows[origin][offset].add(partition)
            expected[origin] = max(start, end)
        accounts.deferred[origin] |= {letter.offset for letter in batch.deferred}
        watermarks[origin] = max(watermarks[origin], batch.watermark)
    ends = {origin: len(raws) for origin, raws in by_origin.items()}
    assert expected == ends, f"evidence partition {partition} accounts for {expected} of {ends}"


def _rows(batch: EvidenceBatch) -> Iterator[tuple[int, int]]:
    """Give the offset and the log time of each row."""
    for rows in (batch.points, batch.devices):
        if rows is not None:
            yield from zip(rows.offset.tolist(), rows.log_time.tolist(), strict=True)
    for row in batch.crew:
        yield row.offset, row.log_time
    for work in batch.works:
        yield work.offset, work.log_time
    for command in batch.commands:
        yield command.offset, command.log_time
    for letter in batch.deferred:
        yield letter.offset, letter.log_time


def _letters(stage: Stage, accounts: Accounts) -> dict[str, dict[int, Record]]:
    """Read the dead letters by origin and offset; what stands there again has to be the same."""
    letters: dict[str, dict[int, Record]] = defaultdict(dict)
    for records in stage.read(map(dead_letter_topic, RAW_TOPICS)).values():
        for record in records:
            where = [record.header(f"{PREFIX}original.{name}").decode() for name in ("topic", "partition", "offset")]
            known = letters[f"{where[0]}/{where[1]}"].setdefault(int(where[2]), record)
            assert known.content == record.content
            accounts.repeated_letters += known is not record
    accounts.dead_letters = sum(map(len, letters.values()))
    return letters


def _settle(origin: str, raws: Sequence[Raw], accounts: Accounts, letters: Mapping[int, Record]) -> None:
    """Show of each record of an origin what became of it."""
    rows, crew = accounts.rows[origin], origin.startswith(CREW_EVENTS)
    assert letters.keys() <= set(range(len(raws)))
    log_time = 0
    for offset, raw in enumerate(raws):
        log_time = max(log_time, raw.at)
        marked = not raw.value and any(name == MARK for name, _ in raw.headers)
        refused = offset in letters
        if refused:
            _check_letter(raw, letters[offset])
        assert refused or not (crew and offset in accounts.deferred[origin]), (
            f"{origin} {offset}: never became a letter"
        )
        if marked:
            assert not refused
            assert offset not in rows
        elif offset not in rows and not refused:
            assert orjson.loads(raw.value or b"null")["kind"] in FREE_KINDS, f"{origin}: offset {offset} is lost: {raw}"
        elif not crew:
            assert (offset in rows) != refused, f"{origin}: offset {offset} is both a row and a dead letter"


def _check_letter(raw: Raw, letter: Record) -> None:
    """Show that a dead letter gives its record back, cut where it is too large, with a reason."""
    value = raw.value or b""
    assert letter.key == raw.key
    assert letter.header(PREFIX + "message")
    if PREFIX + "original.length" in dict(letter.headers):
        assert len(value) > KEPT
        assert letter.value == value[:KEPT]
        assert letter.header(PREFIX + "original.length") == b"%d" % len(value)
        assert letter.header(PREFIX + "original.sha256") == sha256(value).hexdigest().encode()
    else:
        assert letter.value == raw.value
