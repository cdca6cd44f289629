"""Files read in step: always on from the one that lags, and from any snapshot as if nothing had been."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.files.source import FileReader, FileSource
from adapters.files.topics import TopicFile

Item = tuple[str, tuple[int, ...]]


class Numbers:
    """An origin whose lines are its log times; an item is the topic with the batch's numbers."""

    def __init__(self, topic: str, watermark: int | None) -> None:
        self.topic = topic
        self.watermark = watermark or 0

    def take(self, lines: Sequence[bytes], *, last: bool) -> list[Item]:
        numbers = tuple(map(int, lines))
        self.watermark = max(self.watermark, *numbers, 0)
        return [(self.topic, numbers), *([(self.topic, ())] if last else [])]

    def snapshot(self) -> int:
        return self.watermark


def source(folder: Path, topics: dict[str, list[int]], batch_size: int) -> FileSource[Item]:
    for topic, numbers in topics.items():
        (folder / topic).write_text("".join(f"{number}\n" for number in numbers))
    return FileSource([TopicFile(topic, folder / topic) for topic in topics], batch_size, Numbers)


def read(reader: FileReader[Item], batches: int = 1000) -> list[Item]:
    items: list[Item] = []
    for _ in range(batches):
        try:
            items += reader.next_batch()
        except StopIteration:
            break
    return items


def test_the_file_that_lags_is_read_on_and_ties_go_by_name(tmp_path: Path) -> None:
    topics = {"scada": [10, 20, 30], "ami": [5, 10, 40, 50], "calls": []}
    reader = source(tmp_path, topics, 1).build_part("lines", "00000", None)
    assert read(reader) == [
        *[("ami", (5,)), ("calls", ()), ("calls", ()), ("scada", (10,)), ("ami", (10,)), ("ami", (40,))],
        *[("scada", (20,)), ("scada", (30,)), ("scada", ()), ("ami", (50,)), ("ami", ())],
    ]
    assert reader.watermark() is None
    reader.close()


@given(
    topics=st.dictionaries(
        st.sampled_from(["ami", "scada", "calls", "crew"]), st.lists(st.integers(0, 99), max_size=30).map(sorted)
    ),
    batch_size=st.integers(1, 8),
    stop=st.integers(0, 60),
)
def test_a_snapshot_at_any_batch_goes_on_as_if_nothing_had_been(
    tmp_path_factory: pytest.TempPathFactory, topics: dict[str, list[int]], batch_size: int, stop: int
) -> None:
    made = source(tmp_path_factory.mktemp("source"), topics, batch_size)
    whole = made.build_part("lines", "00000", None)
    first = made.build_part("lines", "00000", None)
    before = read(first, stop)
    resumed = made.build_part("lines", "00000", first.snapshot())
    assert before + read(resumed) == read(whole)
    for reader in (whole, first, resumed):
        reader.close()


@given(
    topics=st.dictionaries(
        st.sampled_from(["ami", "scada", "calls", "crew"]), st.lists(st.integers(0, 99), max_size=60).map(sorted)
    ),
    batch_size=st.integers(1, 8),
)
def test_a_batch_a_file_waits_and_no_more(
    tmp_path_factory: pytest.TempPathFactory, topics: dict[str, list[int]], batch_size: int
) -> None:
    reader = source(tmp_path_factory.mktemp("source"), topics, batch_size).build_part("lines", "00000", None)
    waiting: dict[str, list[int]] = {topic: [] for topic in topics}
    while (behind := reader.watermark()) is not None:
        for topic, numbers in reader.next_batch():
            waiting[topic] += numbers
        behind = reader.watermark()
        for topic, ahead in waiting.items():
            waiting[topic] = [number for number in ahead if behind is not None and number > behind]
            assert len(waiting[topic]) <= batch_size
    reader.close()
