"""Two sites' outputs, read side by side."""

from __future__ import annotations

from contextlib import ExitStack
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple

from adapters.kafka.clients.consumer import offset_of
from adapters.kafka.clients.offset_range import Edge, RangeReader
from adapters.kafka.records.output_record import sequence_of
from cli.progress import progress
from cli.reading.clock import last_ticks
from models.contracts.registry import outputs
from models.refusal import FaultsError
from models.times.iso8601 import parse_time
from models.twins.comparison import Comparison, Part, compare
from models.twins.numbered import SITES, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from confluent_kafka import Message

    from adapters.kafka.clients.offset_range import OffsetRange
    from cli.broker import Broker
    from models.contracts.registry import Output
    from models.twins.numbered import Site

LENGTH_BYTES: Final = 8
"""How long the length of a record's part is written."""


class Checked(NamedTuple):
    """A partition that was compared."""

    topic: str
    """Without prefix."""
    partition: int
    result: Comparison


class _Planned(NamedTuple):
    output: Output
    partition: int
    ranges: dict[Site, OffsetRange]


class _SiteReader:
    """One of the two sites."""

    def __init__(self, broker: Broker, reader: RangeReader) -> None:
        self._broker = broker
        self._reader = reader
        self.read = 0
        """Records so far."""
        self._ticks = last_ticks(broker)
        """Heard before any end is looked at: what the clock speaks of is there."""

    def partitions(self, topic: str) -> int:
        return self._reader.partitions(self._broker.name(topic))

    def locate(self, topic: str, partition: int, begin: Edge | None) -> OffsetRange:
        return self._reader.locate(self._broker.name(topic), partition, begin)

    def part(self, topic: str, partition: int, offsets: OffsetRange) -> Part:
        said = self._ticks[partition].get("sequences", {}).get(topic, 0) if partition in self._ticks else 0
        return Part(self._records(offsets), offsets.begin == 0, said if isinstance(said, int) else 0)

    def _records(self, offsets: OffsetRange) -> Iterator[Seen]:
        for message in self._reader.records(offsets):
            self.read += 1
            yield _seen(message)


class TwinCheck:
    """Compares the outputs of two sites; counts records as `cli.progress` wants it."""

    def __init__(self, sites: dict[Site, _SiteReader], topics: Sequence[str], begin: str | None) -> None:
        """Find what there is to compare. Raises `FaultsError` with all that cannot be."""
        self._sites = sites
        self._plan = list(_plan(sites, _chosen(topics), _edge(begin)))

    def bytes_to_read(self) -> int:
        """Give the records of both, for want of their bytes."""
        return sum(part.end - part.begin for planned in self._plan for part in planned.ranges.values())

    def bytes_read(self) -> int:
        """Give those that have been read."""
        return sum(site.read for site in self._sites.values())

    def run(self) -> Iterator[Checked]:
        """Compare one partition after the other."""
        for output, partition, ranges in self._plan:
            here, twin = (self._sites[site].part(output.topic, partition, part) for site, part in ranges.items())
            yield Checked(output.topic, partition, compare(here, twin, compacted=output.compacted))


def check_sites(here: Broker, twin: Broker, topics: Sequence[str], begin: str | None) -> Iterator[Checked]:
    """Compare all outputs of two sites, or these, from a time on. Raises `FaultsError`."""
    with ExitStack() as stack:
        brokers = zip(SITES, (here, twin), strict=True)
        sites = {site: _SiteReader(at, stack.enter_context(RangeReader(at.client))) for site, at in brokers}
        check = TwinCheck(sites, topics, begin)
        stack.enter_context(progress("twin check", check, lambda: f"{check.bytes_read():,} records"))
        yield from check.run()


def _chosen(topics: Sequence[str]) -> list[Output]:
    known = {output.topic: output for output in outputs()}
    if unknown := [topic for topic in topics if topic not in known]:
        raise FaultsError([f"topic {topic} is no output; give one of {', '.join(known)}" for topic in unknown])
    return [output for topic, output in known.items() if not topics or topic in topics]


def _edge(begin: str | None) -> Edge | None:
    try:
        return None if begin is None else Edge(time=parse_time(begin))
    except ValueError as error:
        raise FaultsError([f'--from "{begin}" {error}']) from error


def _plan(sites: dict[Site, _SiteReader], chosen: Sequence[Output], begin: Edge | None) -> Iterator[_Planned]:
    for output in chosen:
        counts = {site: reader.partitions(output.topic) for site, reader in sites.items()}
        if len({*counts.values()}) > 1:
            told = " and ".join(f"{count} ({site})" for site, count in counts.items())
            raise FaultsError([f"topic {output.topic} has {told} partitions; sites that run one log have as many"])
        start = None if output.compacted else begin
        for partition in range(counts["here"]):
            ranges = {site: reader.locate(output.topic, partition, start) for site, reader in sites.items()}
            yield _Planned(output, partition, ranges)


def _seen(message: Message) -> Seen:
    key, value, headers = bytes(message.key() or b""), message.value(), message.headers() or []
    whole = blake2b(digest_size=16)
    for part in (key, value or b"", *(each for header in headers for each in header)):
        written = part.encode() if isinstance(part, str) else part or b""
        whole.update(len(written).to_bytes(LENGTH_BYTES, "big") + written)
    whole.update(b"" if value is None else b"value")
    at = dict(headers).get("ce_time")
    return Seen(
        sequence_of(message),
        offset_of(message),
        key,
        whole.digest(),
        value is not None,
        at.decode("utf-8", "replace") if isinstance(at, bytes) else at,
    )
