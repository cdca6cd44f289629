"""The golden storm: a small one, committed with all that both flows make of it, a text file a topic.

A record is written with the fields that differ from those of the record before it with the same key, and by a
reference where an earlier topic has it word for word: nothing is lost, and a diff shows which words, numbers or places
have changed. `python -m tests.worlds.golden` (`make golden`) writes the outputs anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from adapters.network.load import load_network
from cli.evidence.rows import RowNames
from cli.machine_code import keep_machine_code
from dataflows.outages.outputs import PICKS
from models.contracts.registry import Output, outputs
from models.contracts.topics import EVIDENCE_LOG, RAW_TOPICS, dead_letter_topic
from models.evidence.batch import RefusedLine
from models.ingest.origin_reader import OriginReader
from models.network.network import Network
from models.outages.engine import Engine
from models.outages.publishing import Published
from models.outages.state.shared_tables import Shared
from models.outages.weights.delivery import DeliveryRate, lay_delivery
from models.outages.weights.parameters import Parameters
from tests.worlds.storms import HOME

GOLDEN = HOME / "tests" / "data" / "golden"
OUTPUTS = GOLDEN / "outputs"
Record = dict[str, Any]


class GoldenStorm(NamedTuple):
    """The network, and the lines of each topic."""

    network: Network
    lines: dict[str, list[bytes]]


def golden_storm() -> GoldenStorm:
    """Read the storm."""
    lines = {topic: (GOLDEN / "storm" / f"{topic}.jsonl").read_bytes().splitlines() for topic in RAW_TOPICS}
    return GoldenStorm(load_network(GOLDEN / "network"), lines)


def read_golden() -> dict[str, str]:
    """Give the committed texts by file name."""
    return {path.name: path.read_text("utf-8") for path in sorted(OUTPUTS.iterdir())}


def make_golden() -> dict[str, str]:
    """Run the storm through both flows; returns the texts by file name."""
    network, storm = golden_storm()
    records: dict[str, list[Record]] = {output.topic: [] for output in outputs("outages")}
    letters: dict[str, list[RefusedLine]] = {topic: [] for topic in RAW_TOPICS}
    evidence: list[str] = []
    engine = _engine(network)
    names = RowNames(network)
    for topic in RAW_TOPICS:
        reader = OriginReader(network, topic)
        read = reader.read(storm[topic], 0, 0)
        letters[topic] += read.dead_letters
        evidence += [f"{reader.origin}: {_fields(row)}\n" for row in names.rows(read.batch)]
        for batch in (read.batch, reader.end(read.batch.last_log_time)):
            _collect(engine.advance(batch), records, letters)
    elsewhere: dict[bytes, str] = {}
    texts = {
        f"{output.topic}.txt": "".join(_changes(output, records[output.topic], elsewhere))
        for output in outputs("outages")
    }
    texts |= {f"{dead_letter_topic(topic)}.txt": "".join(map(_letter, letters[topic])) for topic in RAW_TOPICS}
    return texts | {f"{EVIDENCE_LOG}.txt": "".join(evidence)}


def _engine(network: Network) -> Engine:
    parameters = Parameters()
    delivery = lay_delivery(network, parameters, [DeliveryRate("*", "*", 0.85)])
    return Engine(Shared(network, parameters, delivery), [f"{topic}/0" for topic in RAW_TOPICS])


def _collect(published: Published, records: dict[str, list[Record]], letters: dict[str, list[RefusedLine]]) -> None:
    for output in outputs("outages"):
        records[output.topic] += PICKS[output.name](published)
    for line in published.dead_letters:
        letters[line.topic].append(line)


def _changes(output: Output, records: Iterable[Record], elsewhere: dict[bytes, str]) -> Iterator[str]:
    """Write records: a line with number and key, then a line for each field that is not as in the record before."""
    before: dict[Any, Record] = {}
    for record in records:
        key = record[output.key]
        where = elsewhere.setdefault(orjson.dumps(record, option=orjson.OPT_SORT_KEYS), output.topic)
        if where != output.topic:
            yield f"{record['sequence']} {key} as in {where}\n"
            continue
        was = before.get(key, {})
        before[key] = record
        changed = {name: value for name, value in record.items() if name not in was or was[name] != value}
        gone = [f"  {name} is gone\n" for name in sorted(was.keys() - record.keys())]
        fields = [f"  {name}: {_text(value)}\n" for name, value in sorted(changed.items()) if name != "sequence"]
        yield f"{record['sequence']} {key}\n{''.join([*fields, *gone])}"


def _letter(line: RefusedLine) -> str:
    return f"{line.offset} {line.disposition}: {line.message}\n  {line.value.decode(errors='backslashreplace')}\n"


def _fields(row: Record) -> str:
    return " ".join(f"{name}={_text(value)}" for name, value in row.items() if value is not None)


def _text(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def main() -> None:
    """Write the outputs anew."""
    keep_machine_code()
    texts = make_golden()
    OUTPUTS.mkdir(exist_ok=True)
    for path in OUTPUTS.iterdir():
        path.unlink()
    for name, text in texts.items():
        (OUTPUTS / name).write_text(text, "utf-8")
    sys.stdout.write(f"{OUTPUTS.relative_to(Path.cwd())}: {len(texts)} files; look at them with git diff\n")


if __name__ == "__main__":
    main()
