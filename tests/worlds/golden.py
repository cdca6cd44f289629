"""The golden storm: a small one, committed with all that both flows make of it, a text file a topic.

A record is written with the fields that differ from those of the record before it with the same key, and by a
reference where an earlier topic has it word for word: nothing is lost, and a diff shows which words, numbers or places
have changed. `python -m tests.worlds.golden` (`make golden`) writes the outputs anew.
"""

# ruff: noqa: E402  (machine code is kept before anything imports numba)
from __future__ import annotations

import sys
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import orjson

from cli.machine_code import keep_machine_code

keep_machine_code()  # before anything imports numba

from adapters.network.load import load_network
from adapters.restricted.life_support import read_life_support
from cli.evidence.rows import RowNames
from dataflows.outages.outputs import PICKS
from models.contracts.registry import Output, outputs
from models.contracts.topics import CREW_EVENTS, EVIDENCE_LOG, RAW_TOPICS, dead_letter_topic
from models.digest import digest
from models.evidence.batch import EvidenceBatch, RefusedLine
from models.ingest.file_origin import FileOrigin
from models.ingest.origin_reader import OriginReader
from models.ingest.rules_version import RULES as INGEST_RULES
from models.network.network import Network
from models.outages.engine import Engine
from models.outages.publishing import Published
from models.outages.rules_version import RULES
from models.outages.snapshot import LAYOUT
from models.outages.state.shared_tables import Shared
from models.outages.weights.delivery import DeliveryRate, lay_delivery
from models.outages.weights.parameters import Parameters
from models.times.iso8601 import parse_time
from tests.worlds.storms import HOME, with_flows

GOLDEN = HOME / "tests" / "data" / "golden"
OUTPUTS = GOLDEN / "outputs"
HELD = GOLDEN / "rules.json"
"""By version of the rules, the digest of what they make of the storm."""
STATE = GOLDEN / "state.msgpack"
"""The engine's state in the middle of it."""
MIDDLE = parse_time("2026-07-12T17:30:00Z")
Record = dict[str, Any]


class GoldenStorm(NamedTuple):
    """The network, and the lines of each topic."""

    network: Network
    lines: dict[str, list[bytes]]


def golden_storm() -> GoldenStorm:
    """Read the storm."""
    lines = {topic: (GOLDEN / "storm" / f"{topic}.jsonl").read_bytes().splitlines() for topic in RAW_TOPICS}
    return GoldenStorm(load_network(GOLDEN / "network"), lines)


def replay_golden(output: Path, flows: str = "") -> None:
    """Let the command replay it, with flows of one's own beside the outages."""
    done = with_flows(flows, "replay", "--network", GOLDEN / "network", "--input", GOLDEN / "storm", "--output", output)
    assert done.returncode in (0, 3), done.stderr


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


def _engine(network: Network, state: bytes | None = None) -> Engine:
    parameters = Parameters()
    delivery = lay_delivery(network, parameters, [DeliveryRate("*", "*", 0.85)])
    life_support = read_life_support(GOLDEN / "restricted" / "life_support.csv", network)
    shared = Shared(network, parameters, delivery, life_support=life_support)
    return Engine(shared, [f"{topic}/0" for topic in RAW_TOPICS], state=state)


class Versions(NamedTuple):
    """What a state or an output depends on besides the storm."""

    rules: int
    ingest_rules: int
    layout: int
    network: str


def versions() -> Versions:
    """Give those of now."""
    return Versions(RULES, INGEST_RULES, LAYOUT, load_network(GOLDEN / "network").version)


def run_halves(state: bytes | None = None) -> tuple[bytes, dict[str, list[Record]]]:
    """Run the storm to its middle, and on from there in another engine, or from a state that was kept.

    Returns the state in the middle, and the outputs after it.
    """
    network = load_network(GOLDEN / "network")
    engine = _engine(network)
    rest: list[EvidenceBatch] = []
    for topic in RAW_TOPICS:
        origin = FileOrigin(OriginReader(network, topic))
        lines = (GOLDEN / "storm" / f"{topic}.jsonl").read_bytes().splitlines()
        middle = int(np.searchsorted(origin.reader.log_times(lines, 0), MIDDLE))
        engine.advance(origin.take(lines[:middle], last=False).batch)
        rest += [origin.take(lines[middle:], last=True).batch, origin.reader.end(origin.log_time)]
    kept = engine.snapshot()
    engine = _engine(network, kept if state is None else state)
    records: dict[str, list[Record]] = {output.topic: [] for output in outputs("outages")}
    for batch in rest:
        published = engine.advance(batch)
        for output in outputs("outages"):
            records[output.topic] += _as_read(output, published)
    return kept, records


def digests(texts: dict[str, str]) -> dict[str, str]:
    """Digest what each version has a say in."""
    made_by: dict[str, list[str]] = {"rules": [], "ingest rules": []}
    for name, text in sorted(texts.items()):
        ingest = name.startswith(EVIDENCE_LOG) or (name.endswith(".dlq.txt") and not name.startswith(CREW_EVENTS))
        made_by["ingest rules" if ingest else "rules"].append(f"{name}\n{text}")
    return {name: digest("".join(some).encode()) for name, some in made_by.items()}


def _collect(published: Published, records: dict[str, list[Record]], letters: dict[str, list[RefusedLine]]) -> None:
    for output in outputs("outages"):
        records[output.topic] += _as_read(output, published)
    for line in published.dead_letters:
        letters[line.topic].append(line)


def _as_read(output: Output, published: Published) -> Iterator[Record]:
    """The records as others read them: columns of numbers are arrays until they are written."""
    for record in PICKS[output.name](published):
        yield orjson.loads(orjson.dumps(record, option=orjson.OPT_SERIALIZE_NUMPY))


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


def held(texts: dict[str, str]) -> dict[str, dict[str, str]]:
    """Give the digests of each version so far, with those of now; `ValueError` where a version says something else."""
    known: dict[str, dict[str, str]] = orjson.loads(HELD.read_bytes()) if HELD.exists() else {}
    numbers = {"rules": (RULES, "models/outages"), "ingest rules": (INGEST_RULES, "models/ingest")}
    for name, made in digests(texts).items():
        number, folder = numbers[name]
        if known.setdefault(name, {}).setdefault(str(number), made) != made:
            raise ValueError(f"{name} {number} give other outputs by now: raise RULES in {folder}/rules_version.py")
    return known


def main() -> None:
    """Write the outputs anew, and the state in the middle if it is of other versions by now."""
    texts = make_golden()
    try:
        known = held(texts)
    except ValueError as error:
        sys.exit(str(error))
    HELD.write_bytes(orjson.dumps(known, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE))
    now = versions()
    if not STATE.exists() or read_state()[0] != now:
        STATE.write_bytes(msgspec.msgpack.encode((now, zlib.compress(run_halves()[0], 9))))
    OUTPUTS.mkdir(exist_ok=True)
    for path in OUTPUTS.iterdir():
        path.unlink()
    for name, text in texts.items():
        (OUTPUTS / name).write_text(text, "utf-8")
    sys.stdout.write(f"{OUTPUTS.relative_to(Path.cwd())}: {len(texts)} files; look at them with git diff\n")


def read_state() -> tuple[Versions, bytes]:
    """Give the state that was kept, and the versions it was made by."""
    made, state = msgspec.msgpack.decode(STATE.read_bytes())
    return Versions(*made), zlib.decompress(state)


if __name__ == "__main__":
    main()
