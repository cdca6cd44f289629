"""The output of a run, to be compared to the byte."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import orjson

from adapters.kafka.records.dead_letters.dead_letter import SEQUENCE
from models.contracts.registry import outputs
from models.contracts.topics import OUTAGE_STATE, RAW_TOPICS, ZONE_HEALTH, dead_letter_topic
from tests.chaos.processes import run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.stage import Stage
    from tests.chaos.topics import Record

NUMBERED: Final = tuple(output.topic for output in outputs("outages"))
LETTERS: Final = tuple(map(dead_letter_topic, RAW_TOPICS))
Content = tuple[bytes | None, bytes | None, tuple[tuple[str, bytes], ...]]


@dataclass
class Output:
    """Each output partition's records without repeats, in order, and how many repeats there were."""

    records: dict[tuple[str, int], list[Content]] = field(default_factory=dict)
    repeats: int = 0

    def values(self, stem: str) -> list[bytes | None]:
        """Give the values of a topic, partition by partition."""
        return [value for (name, _), some in sorted(self.records.items()) if name == stem for _, value, _ in some]


def read_output(stage: Stage) -> Output:
    """Read what a run has written. A repeat has to be the same record again, and to follow without a gap."""
    output = Output()
    for place, records in stage.read((*NUMBERED, *LETTERS)).items():
        kept: dict[int, Record] = {}
        last = 0
        for record in records:
            number = number_of(record)
            if number <= last:
                assert record.content == kept[number].content, f"{place}: number {number} is there in two forms"
                output.repeats += 1
            else:
                assert place[0] in LETTERS or number == last + 1, f"{place}: {number} follows {last}"
                kept[number], last = record, number
        output.records[place] = [record.content for record in kept.values()]
    return output


def assert_never_back(stage: Stage) -> None:
    """Show that no key of a compacted topic ever goes back to an older revision."""
    for place, records in stage.read((OUTAGE_STATE, ZONE_HEALTH)).items():
        revisions: dict[bytes | None, int] = {}
        for record in records:
            revision = orjson.loads(record.value)["revision"] if record.value is not None else sys.maxsize
            assert revisions.get(record.key, 0) <= revision, f"{place}: {record.key!r} goes back to {revision}"
            revisions[record.key] = revision


def assert_offline_gives(stage: Stage, output: Output, folder: Path) -> None:
    """Show that the evidence log played again into files gives the output's bytes."""
    options = ("--offline", "--network", stage.network, "--output", folder)
    run(stage.broker, "run", "outages", *options, topic_prefix=stage.prefix, **stage.settings)
    for topic in (output.topic for output in outputs("outages") if output.in_files):
        for partition in range(stage.evidence_partitions):
            name = f"{topic}.{partition:05d}.jsonl" if stage.evidence_partitions > 1 else f"{topic}.jsonl"
            written = [value for _, value, _ in output.records[topic, partition]]
            lines = (folder / name).read_bytes().splitlines()
            assert [None if "tombstone" in orjson.loads(line) else line for line in lines] == written


def number_of(record: Record) -> int:
    """Give the number by which a record rises in its partition."""
    headers = dict(record.headers)
    if "ce_sequence" in headers:
        return int(headers["ce_sequence"])
    return int(headers[SEQUENCE])


def assert_same(one: Output, other: Output) -> None:
    """Show that two runs have written the same, and say where they first differ."""
    assert_goes_on(one, other)
    for place in one.records:
        records, others = one.records[place], other.records[place]
        assert len(records) == len(others), f"{place}: {len(others)} records, not {len(records)}"


def assert_goes_on(one: Output, other: Output) -> None:
    """Show that the other begins with the one, topic by topic, and say where they first differ."""
    assert one.records.keys() == other.records.keys()
    for place in one.records:
        records, others = one.records[place], other.records[place]
        for number, (mine, theirs) in enumerate(zip(records, others, strict=False)):
            assert mine == theirs, f"{place}: record {number} is {theirs!r:.2000}, not {mine!r:.2000}"
        assert len(records) <= len(others), f"{place}: {len(others)} records, not {len(records)} and more"
