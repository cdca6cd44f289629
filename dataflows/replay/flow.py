"""From evidence to outages and restorations: the second of the two flows, and both of them over topic files.

`python -m bytewax.run 'dataflows.outages:flow("network", "storm", "out")'` does what `faultline replay` does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic
from typing_extensions import override

from adapters.files.sink import FileSink, Layout
from dataflows.ingest.files import EVIDENCE_PARTITION, by_topic, dead_letter_sink, ingest, raw_source
from dataflows.outages.outputs import PICKS
from dataflows.replay.settings import Prepared, ReplaySettings, prepare
from dataflows.service.flows import Replayed, find_flows
from models.contracts.registry import OUTAGES, outputs
from models.contracts.topics import RAW_TOPICS
from models.outages.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bytewax.operators import KeyedStream

    from adapters.files.sink import Record
    from models.evidence.batch import EvidenceBatch
    from models.outages.engine import Engine
    from models.outages.publishing import Published

BuildEngine = Callable[[bytes | None], "Engine"]
"""Builds an engine anew, or from a snapshot."""


class ZoneFailedError(Exception):
    """A rule failed in a zone: where nobody watches over zones that are set aside, the flow ends with it."""


class OutageLogic(StatefulBatchLogic["EvidenceBatch", "Published", bytes]):
    """The engine of one evidence partition as a Bytewax state."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @override
    def on_batch(self, values: list[EvidenceBatch]) -> tuple[Iterable[Published], bool]:
        return [self._advance(batch) for batch in values], self.RETAIN

    @override
    def snapshot(self) -> bytes:
        return self._engine.snapshot()

    def _advance(self, batch: EvidenceBatch) -> Published:
        published = self._engine.advance(batch)
        for record in published.health:
            raise ZoneFailedError(f"zone {record['zone_id']}: {record['error']}")
        return published


def outages(step_id: str, evidence: KeyedStream[EvidenceBatch], build_engine: BuildEngine) -> KeyedStream[Published]:
    """Follow the evidence of each partition with an engine; `build_engine` is given a snapshot or None."""
    return op.stateful_batch(step_id, evidence, lambda state: OutageLogic(build_engine(state)))


class Replay:
    """A flow from topic files to outage files, with its ends and the engine at hand for who asks how it goes."""

    def __init__(self, prepared: Prepared) -> None:
        """Lay the flow."""
        self.engine: Engine | None = None
        """The engine, once there is evidence."""
        self.prepared = prepared
        self._output = output = prepared.settings.output
        self.source = raw_source(prepared.files, prepared.network, prepared.settings.batch_size, prepared.later)
        self.sinks = {
            written.name: FileSink(
                {EVIDENCE_PARTITION: output / f"{written.topic}.jsonl"},
                Layout(number="sequence", dense=True, counted=written.counted),
            )
            for written in outputs(OUTAGES)
            if written.in_files
        }
        self.dead_letters = dead_letter_sink([file.topic for file in prepared.files], output)
        self.flow = self._lay()

    def clear_output(self) -> None:
        """Make the output folder one in which nothing has been written yet: old records gone, the files empty."""
        self._output.mkdir(parents=True, exist_ok=True)
        for path in dead_letter_sink(RAW_TOPICS, self._output).paths.values():
            path.unlink(missing_ok=True)
        for sink in (*self.sinks.values(), self.dead_letters):
            for path in sink.paths.values():
                path.write_bytes(b"")

    def bytes_to_read(self) -> int:
        """Give the size on disk of all input files."""
        return sum(file.path.stat().st_size for file in self.prepared.files)

    def bytes_read(self) -> int:
        """How much of them has been read."""
        return self.source.reader.bytes_read() if self.source.reader else 0

    def log_time(self) -> int | None:
        """How far the log time has come in the slowest file, in milliseconds; None at the start and at the end."""
        return self.source.reader.watermark() if self.source.reader else None

    def output_sizes(self) -> dict[str, int]:
        """Give the bytes of each output file by its name; files that are not there have none."""
        paths = [path for sink in (*self.sinks.values(), self.dead_letters) for path in sink.paths.values()]
        return {path.name: path.stat().st_size if path.exists() else -1 for path in paths}

    def totals(self) -> dict[str, Totals]:
        """Count the lines of each raw topic so far, in earlier runs of a state too."""
        totals = self.engine.state.totals if self.engine else {}
        origins = {file.topic: self.prepared.origin(file) for file in self.prepared.files}
        return {topic: totals.get(origin, Totals()) for topic, origin in origins.items()}

    def count(self, name: str) -> Counter[Any]:
        """Count the records that a step has written so far, in earlier runs of a state too, by the counted field."""
        return self.sinks[name].counts[EVIDENCE_PARTITION]

    def count_dead_letters(self) -> Counter[str]:
        """Count the dead letters of all topics so far by disposition."""
        return sum(self.dead_letters.counts.values(), Counter())

    def _lay(self) -> Dataflow:
        flow = Dataflow("replay")
        evidence = ingest("ingest", flow, self.source)
        published = outages("outages", evidence.batches, self._built)
        for name, sink in self.sinks.items():
            op.output(name, _picked(f"{name}_records", published, PICKS[name]), sink)
        self.sinks |= self._lay_further(published)
        late = op.flat_map(
            "late_dead_letters",
            published,
            lambda keyed: by_topic(keyed[1].dead_letters),
        )
        op.output("dead_letters", op.merge("all_dead_letters", evidence.dead_letters, late), self.dead_letters)
        return flow

    def _lay_further(self, published: KeyedStream[Published]) -> dict[str, FileSink]:
        """Lay the flows behind the outages."""
        further = [flow.over_files for flow in find_flows().values() if flow.over_files]
        if not further:
            return {}
        topics = {output.topic: PICKS[output.name] for output in outputs(OUTAGES)}
        by_topic = op.map_value(
            "by_topic", published, lambda some: {topic: pick(some) for topic, pick in topics.items()}
        )
        organisation = self.prepared.settings.organisation
        networks = [self.prepared.network, *(network for _, network in self.prepared.later)]
        replayed = Replayed(self._output, EVIDENCE_PARTITION, networks)
        sinks = [lay(by_topic, organisation, replayed) for lay in further]
        return {name: sink for some in sinks for name, sink in some.items()}

    def _built(self, state: bytes | None) -> Engine:
        self.engine = self.prepared.build_engine(state)
        return self.engine


def _picked(
    step_id: str, published: KeyedStream[Published], records: Callable[[Published], Sequence[Record]]
) -> KeyedStream[Sequence[Record]]:
    def pick(keyed: tuple[str, Published]) -> list[tuple[str, Sequence[Record]]]:
        partition, what = keyed
        return [(partition, some)] if (some := records(what)) else []

    return op.flat_map(step_id, published, pick)


def flow(network: str, input: str, output: str) -> Dataflow:  # noqa: A002 (as the options)
    """Make the flow of a replay with default settings, into an empty folder or one that it goes on with (`-r`)."""
    settings = ReplaySettings(Path(network), Path(input), Path(output))
    settings.output.mkdir(parents=True, exist_ok=True)
    return Replay(prepare(settings)).flow
