"""The storm of `python -m benchmarks.peers`: what is on the topic, and that the truth is the topic's."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.peers.data import COPIES, WINDOW_MS, Answer, Storm
from benchmarks.peers.protocol import Task
from benchmarks.peers.topic import write_table
from models.contracts.inputs.meter import MeterEvent
from models.decoding.wire_types import fast_decoder
from models.times.iso8601 import parse_time


@pytest.mark.parametrize("gasps", [1, 700, 5_000])
def test_the_truth_is_what_the_records_say(gasps: int, tmp_path: Path) -> None:
    storm = Storm(5_000, gasps, seed=3)
    write_table(tmp_path / "table.csv", storm)
    with (tmp_path / "table.csv").open(newline="") as file:
        feeder_of = {row["meter_id"]: row["feeder_id"] for row in csv.DictReader(file)}
    meters = [json.loads(value)["meter_id"] for _, value in storm.lines()]
    out = Counter(feeder_of[meter] for meter in set(meters))
    assert storm.truth() == Answer(len(meters) - len(set(meters)), out)
    assert set(Counter(meters).values()) == {COPIES}
    assert len(meters) == storm.records


def test_answers_of_processes_are_added_and_wrong_ones_are_told() -> None:
    truth = Storm(5_000, 3_000).truth()
    half = dict(list(truth.out.items())[::2])
    other = {feeder: meters for feeder, meters in truth.out.items() if feeder not in half}
    feeder = next(iter(half))
    assert (Answer(3_500, half) + Answer(2_500, other)).differ(truth) == ""
    assert (Answer(1, {feeder: 2}) + Answer(2, {feeder: 3})) == Answer(3, {feeder: 5})
    assert Answer(5_999, truth.out).differ(truth).startswith("5,999 copies dropped instead of 6,000, 0 of")
    assert "1 of" in Answer(6_000, truth.out | {feeder: 0}).differ(truth)


def test_the_same_sizes_and_seed_are_the_same_storm() -> None:
    assert list(Storm(3_000, 1_000).lines()) == list(Storm(3_000, 1_000).lines())
    assert list(Storm(3_000, 1_000).lines()) != list(Storm(3_000, 1_000, seed=2).lines())


def test_records_are_last_gasps_as_a_head_end_sends_them() -> None:
    decode = fast_decoder(MeterEvent)
    records = [(key, decode(value)) for key, value in Storm(2_000, 2_000).lines()]
    assert all(key == event.meter_id.encode() for key, event in records)
    assert {event.kind for _, event in records} == {"last_gasp"}
    received = [parse_time(event.received_at) for _, event in records]
    assert received == sorted(received)
    span: dict[str, list[int]] = {}
    for (_, event), at in zip(records, received, strict=True):
        assert parse_time(event.observed_at) < at
        span.setdefault(event.event_id, []).append(at)
    assert len(span) == 2_000
    assert max(max(times) - min(times) for times in span.values()) < WINDOW_MS
    assert sum(len(set(times)) == COPIES for times in span.values()) > 1_900


def test_a_task_goes_through_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    task = Task("n", "127.0.0.1:1", "t", (5, 0, 7, 9), tmp_path / "a", tmp_path, 2, 3, 1, 2)
    for name, value in task.to_environment().items():
        monkeypatch.setenv(name, value)
    assert Task.from_environment() == task
    assert task.partitions() == [1, 3]
    assert task.records() == 9
