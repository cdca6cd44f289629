"""What `faultline dlq list` and `faultline dlq show` find."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from adapters.kafka.clients.offset_range import Edge, OffsetRange, RangeReader
from adapters.kafka.records.dead_letters.reading import Letter, read_letter
from models.contracts.topics import RAW_TOPICS, dead_letter_topic
from models.refusal import FaultsError
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cli.broker import Broker

Document = dict[str, Any]


def topics(named: str | None) -> list[str]:
    """Give the raw topics that are meant, all without a name. Raises `FaultsError` for another topic."""
    if named is None:
        return list(RAW_TOPICS)
    stem = next((stem for stem in RAW_TOPICS if named in (stem, dead_letter_topic(stem))), None)
    if stem is None:
        raise FaultsError([f'--topic "{named}" is no raw topic; give one of {", ".join(RAW_TOPICS)}'])
    return [stem]


def count(broker: Broker, stems: Sequence[str]) -> Iterator[Document]:
    """Count letters by topic and disposition, with the newest of each."""
    with RangeReader(broker.client) as reader:
        for stem in stems:
            counts: Counter[str] = Counter()
            cut: Counter[str] = Counter()
            newest: dict[str, Letter] = {}
            for letter in _letters(reader, broker.name(dead_letter_topic(stem))):
                name = letter.disposition
                counts[name] += 1
                cut[name] += letter.cut is not None
                if name not in newest or newest[name].at <= letter.at:
                    newest[name] = letter
            for name in sorted(counts):
                yield {
                    "topic": stem,
                    "disposition": name,
                    "count": counts[name],
                    "cut": cut[name],
                    "newest_at": format_time(newest[name].at),
                    "partition": newest[name].partition,
                    "offset": newest[name].offset,
                }


def find_letters(
    broker: Broker, stem: str, place: tuple[int | None, int | None], last: int | None
) -> Iterator[Document]:
    """Give the letter at a place, or the newest ones. Raises `FaultsError` for a place without one."""
    partition, offset = place
    topic = broker.name(dead_letter_topic(stem))
    if offset is not None and (partition is None or last is not None):
        raise FaultsError(["--offset goes with --partition and without --last; give a place, or how many"])
    with RangeReader(broker.client) as reader:
        count = reader.partitions(topic)
        if partition is not None and partition >= count:
            raise FaultsError([f"{topic} has {count} partitions, from 0; give --partition below that"])
        wanted = list(range(count)) if partition is None else [partition]
        if offset is None:
            found = _newest(reader, topic, wanted, last or 1)
        else:
            found = list(map(read_letter, reader.records(_one(reader, topic, wanted[0], offset))))
        if not found and offset is not None:
            raise FaultsError([f"{topic}/{partition} has no record at offset {offset}; see faultline dlq list"])
        for letter in found:
            yield _document(stem, letter)


def letter_text(document: Document) -> str:
    """Write a letter for people."""
    original, cut = document["original"], document["cut"]
    lines = [
        f"{document['topic']}.dlq {document['partition']}/{document['offset']}, written {document['at']}",
        f"  refused: {document['disposition']}: {document['message']}",
        f"  original: {document['topic']} {original['partition']}/{original['offset']}, {original['at']}",
        f"  version of faultline: {document['application_version']}",
    ]
    if document["attempt"]:
        lines.append(f"  attempt: {document['attempt']}, it had been sent again")
    lines += [f"  header {name}: {_written(value)}" for name, value in document["headers"]]
    lines.append(f"  key: {_written(document['key'])}")
    if cut:
        lines.append(f"  cut: the value had {cut['length']:,} bytes, SHA-256 {cut['sha256']}; its beginning follows")
    return "\n".join([*lines, f"  value: {_written(document['value'])}"])


def _letters(reader: RangeReader, topic: str) -> Iterator[Letter]:
    for partition in range(reader.partitions(topic)):
        yield from map(read_letter, reader.records(reader.locate(topic, partition)))


def _newest(reader: RangeReader, topic: str, partitions: Sequence[int], most: int) -> list[Letter]:
    found: list[Letter] = []
    for partition in partitions:
        begin = max(reader.locate(topic, partition).end - most, 0)
        found += map(read_letter, reader.records(reader.locate(topic, partition, Edge(offset=begin))))
    return sorted(found, key=lambda letter: (letter.at, letter.partition, letter.offset))[-most:]


def _one(reader: RangeReader, topic: str, partition: int, offset: int) -> OffsetRange:
    return reader.locate(topic, partition, Edge(offset=offset), Edge(offset=offset + 1))


def _document(stem: str, letter: Letter) -> Document:
    place = letter.origin
    return {
        "topic": stem,
        "partition": letter.partition,
        "offset": letter.offset,
        "at": format_time(letter.at),
        "disposition": letter.disposition,
        "message": letter.reasons.get("message"),
        "original": {
            "partition": place[0] if place else None,
            "offset": place[1] if place else None,
            "at": format_time(letter.envelope.timestamp) if letter.envelope.timestamp else None,
        },
        "application_version": letter.reasons.get("application.version"),
        "attempt": letter.attempt,
        "headers": [(name, _text_or_hex(value)) for name, value in letter.envelope.headers],
        "key": _text_or_hex(letter.envelope.key),
        "value": _text_or_hex(letter.value),
        "cut": {"length": letter.cut.length, "sha256": letter.cut.sha256} if letter.cut else None,
    }


def _text_or_hex(data: bytes | None) -> Document | None:
    if data is None:
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return {"hex": data.hex()}
    return {"text": text} if all(letter.isprintable() or letter in "\n\t" for letter in text) else {"hex": data.hex()}


def _written(document: Document | None) -> str:
    if document is None:
        return "none"
    return str(document["text"]) if "text" in document else f"hex {document['hex']}"
