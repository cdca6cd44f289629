"""From raw lines to checked evidence, with what was refused aside: the first of the two flows.

Run alone, `python -m bytewax.run 'dataflows.ingest:flow("network", "storm", "out")'` checks a folder of topic files and
writes the dead letters; whether an outage that a crew names is known, only the outages flow can say.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import bytewax.operators as op
from bytewax.dataflow import Dataflow

from adapters.files.sink import FileSink, Layout
from adapters.files.source import FileSource
from adapters.files.topics import TopicFile, find_topic_files
from adapters.network.load import load_network
from models.contracts.topics import RAW_TOPICS, dead_letter_topic
from models.ingest.file_origin import FileOrigin
from models.ingest.mounting.laid import InForce
from models.ingest.origin_reader import Ingested, OriginReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bytewax.operators import KeyedStream

    from adapters.files.sink import Record
    from models.evidence.batch import EvidenceBatch, RefusedLine
    from models.ingest.file_origin import State
    from models.network.network import Network

EVIDENCE_PARTITION: Final = "00000"
"""Files make one evidence partition. Its name is padded: partitions are numbered in the order of their names."""
LINES_AT_ONCE: Final = 10_000
DEAD_LETTERS: Final = Layout(number="offset", dense=False, counted="disposition")


Later = tuple[InForce, "Network"]
"""A version of the network, and from when it reads."""


class IngestOrigin:
    """One topic file on its way through ingest, as `FileSource` wants it."""

    def __init__(self, reader: OriginReader, state: State | None, later: Sequence[Later] = ()) -> None:
        turns = [(since.at, OriginReader(network, reader.topic, in_force=since)) for since, network in later]
        begun = (0, 0, (), ()) if state is None else state
        self._origin = FileOrigin.resume(reader, begun, turns)

    @property
    def watermark(self) -> int:
        """Milliseconds; no line to come has a log time below it."""
        return self._origin.log_time

    def take(self, lines: Sequence[bytes], *, last: bool) -> list[Ingested]:
        """Ingest the next lines; after the `last` the origin's watermark is the end of the log."""
        ingested = self._origin.take_in_turn(lines, last=last)
        return [*ingested, Ingested(self._origin.reader.end(self.watermark), [])] if last else ingested

    def snapshot(self) -> State:
        """Give the state in built-in types."""
        return self._origin.snapshot()


def raw_source(
    files: Sequence[TopicFile], network: Network, batch_size: int, later: Sequence[Later] = ()
) -> FileSource[Ingested]:
    """Make the source that reads topic files through ingest, `batch_size` lines at once.

    Lines are decoded where they are read, because a file's log time stands in its lines and says which file is next.
    """

    def build_origin(topic: str, state: State | None) -> IngestOrigin:
        return IngestOrigin(OriginReader(network, topic), state, later)

    return FileSource(files, batch_size, build_origin)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The two streams that ingest makes."""

    batches: KeyedStream[EvidenceBatch]
    """By evidence partition."""
    dead_letters: KeyedStream[Sequence[Record]]
    """By raw topic."""


def ingest(step_id: str, flow: Dataflow, source: FileSource[Ingested]) -> Evidence:
    """Begin a flow with checked evidence."""
    ingested = op.input(f"{step_id}_lines", flow, source)
    return Evidence(
        op.map(f"{step_id}_evidence", ingested, lambda item: (EVIDENCE_PARTITION, item.batch)),
        op.flat_map(f"{step_id}_dead_letters", ingested, lambda item: by_topic(item.dead_letters)),
    )


def by_topic(lines: Iterable[RefusedLine]) -> list[tuple[str, Sequence[Record]]]:
    """Give the dead letters of refused lines as records by raw topic, in their order."""
    records: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        records.setdefault(line.topic, []).append(line.dead_letter().model_dump(exclude_none=True))
    return list(records.items())


def dead_letter_sink(topics: Iterable[str], output: Path) -> FileSink:
    """Make the sink for the dead letters of raw topics: a partition and a file a topic."""
    return FileSink({topic: output / f"{dead_letter_topic(topic)}.jsonl" for topic in topics}, DEAD_LETTERS)


def flow(network: str, input: str, output: str, batch_size: int = LINES_AT_ONCE) -> Dataflow:  # noqa: A002 (as the option)
    """Check the topic files of a folder: the dead letters go to the output folder, the evidence nowhere."""
    files = find_topic_files(Path(input), RAW_TOPICS)
    Path(output).mkdir(parents=True, exist_ok=True)
    checking = Dataflow("ingest")
    evidence = ingest("ingest", checking, raw_source(files, load_network(Path(network)), batch_size))
    waiting = op.flat_map("waiting", evidence.batches, _waiting)
    letters = op.merge("letters", evidence.dead_letters, waiting)
    op.output("dead_letters", letters, dead_letter_sink(RAW_TOPICS, Path(output)))
    return checking


def _waiting(keyed: tuple[str, EvidenceBatch]) -> list[tuple[str, Sequence[Record]]]:
    return by_topic(keyed[1].deferred)
