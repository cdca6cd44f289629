"""Both flows over files: no output depends on how the lines are cut, and each line is accounted for."""

import gzip
import os
import random
import subprocess
import sys
from base64 import b64decode
from pathlib import Path

import orjson
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.replay.command import replay_files
from cli.replay.summary import Summary
from dataflows.replay.settings import ReplaySettings
from models.contracts.topics import RAW_TOPICS
from models.refusal import FaultsError
from tests.worlds.storms import CKT5, HOME, OUTAGE_FILES, contents

CLOCK = "outage.clock.v1.jsonl"
ANSWERS = "outage.operator.answers.v1.jsonl"
"""Nobody orders anything in this storm."""
ABNORMAL = "network.abnormal.state.v1.jsonl"
BACKFEED = "safety.backfeed.events.v1.jsonl"


def replay(storm: Path, output: Path, batch_size: int = 10_000) -> Summary:
    return replay_files(ReplaySettings(CKT5, storm, output, batch_size))


@pytest.fixture(scope="module")
def expected(spoiled_storm: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """All output files of the spoiled storm, read at once."""
    output = tmp_path_factory.mktemp("expected")
    replay(spoiled_storm, output)
    return contents(output)


def test_a_storm_gives_outages_and_restorations(expected: dict[str, bytes]) -> None:
    letters_of = {f"{topic}.dlq.jsonl" for topic in RAW_TOPICS}
    assert set(expected) == {*OUTAGE_FILES, CLOCK, ANSWERS, ABNORMAL, BACKFEED, *letters_of}
    assert all(expected[name].count(b"\n") > 20 for name in OUTAGE_FILES)
    assert expected[OUTAGE_FILES[0]] == expected[OUTAGE_FILES[2]]


@settings(max_examples=8)
@given(batch_size=st.integers(1, 2000))
def test_any_batch_size_gives_the_same_bytes(
    spoiled_storm: Path, expected: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory, batch_size: int
) -> None:
    output = tmp_path_factory.mktemp("output")
    replay(spoiled_storm, output, batch_size)
    assert contents(output) == expected


def test_line_by_line_gives_the_same_bytes(spoiled_storm: Path, expected: dict[str, bytes], tmp_path: Path) -> None:
    replay(spoiled_storm, tmp_path, 1)
    assert contents(tmp_path) == expected


def test_compressed_files_give_the_same_bytes(spoiled_storm: Path, expected: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "storm").mkdir()
    for place, topic in enumerate(RAW_TOPICS):
        content = (spoiled_storm / f"{topic}.jsonl").read_bytes()
        suffix, compress = ((".gz", gzip.compress), (".zst", zstandard.compress))[place % 2]
        (tmp_path / "storm" / f"{topic}.jsonl{suffix}").write_bytes(compress(content))
    replay(tmp_path / "storm", tmp_path / "output", 300)
    assert contents(tmp_path / "output") == expected


def test_every_line_is_used_a_copy_or_a_dead_letter(spoiled_storm: Path, tmp_path: Path) -> None:
    summary = replay(spoiled_storm, tmp_path)
    for topic, lines in summary["topics"].items():
        values = (spoiled_storm / f"{topic}.jsonl").read_bytes().split(b"\n")
        letters = [orjson.loads(line) for line in (tmp_path / f"{topic}.dlq.jsonl").read_bytes().splitlines()]
        assert lines["read"] == sum(bool(value.strip()) for value in values)
        assert lines["read"] == lines["used"] + lines["copies"] + lines["refused"]
        assert min(lines["used"], lines["copies"], lines["refused"]) >= 0
        assert lines["refused"] == len(letters)
        assert all(values[letter["offset"]] == b64decode(letter["value_base64"]) for letter in letters)
    assert sum(summary["dead_letters"].values()) == sum(lines["refused"] for lines in summary["topics"].values())
    assert set(summary["dead_letters"]) == {
        *("malformed", "schema", "unknown-device", "unknown-usage-point", "unknown-outage", "future-time", "late")
    }


def test_garbage_changes_no_outage(storm: Path, expected: dict[str, bytes], tmp_path: Path) -> None:
    replay(storm, tmp_path)
    clean = contents(tmp_path)
    assert [clean[name] for name in OUTAGE_FILES] == [expected[name] for name in OUTAGE_FILES]


def test_files_of_garbage_only_end_well(tmp_path: Path) -> None:
    ami, scada, calls, crew, works, commands = (tmp_path / f"{topic}.jsonl" for topic in RAW_TOPICS)
    ami.write_bytes(
        b'{"event_id": "' + b"x" * 10_000_000 + b'"}\n' + os.urandom(100_000).replace(b"\n", b"") + b"\n\n\n{"
    )
    scada.touch()
    calls.write_bytes(b"\n\r\n")
    crew.write_bytes(b"\x00")
    works.write_bytes(b"[]")
    commands.write_bytes(b'{"kind":7}\n\n')
    summary = replay(tmp_path, tmp_path / "output", 2)
    assert [lines["read"] for lines in summary["topics"].values()] == [3, 0, 0, 1, 1, 1]
    assert [lines["refused"] for lines in summary["topics"].values()] == [3, 0, 0, 1, 1, 1]
    assert summary["outages"] == 0


def test_a_folder_without_topics_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "storm").mkdir()
    with pytest.raises(FaultsError, match="has no file of a topic"):
        replay(tmp_path / "storm", tmp_path / "output")
    assert not (tmp_path / "output").exists()


def test_an_earlier_output_is_replaced(spoiled_storm: Path, expected: dict[str, bytes], tmp_path: Path) -> None:
    for name in expected:
        (tmp_path / name).write_text('{"sequence": 1000000, "offset": 1000000, "revision": 1, "basis": "no"}\n')
    replay(spoiled_storm, tmp_path)
    assert contents(tmp_path) == expected


@pytest.mark.parametrize(("flow", "files"), [("outages", OUTAGE_FILES), ("ingest", ("ami.meter.events.v1.dlq.jsonl",))])
def test_each_flow_runs_as_an_ordinary_bytewax_flow(
    spoiled_storm: Path, expected: dict[str, bytes], tmp_path: Path, flow: str, files: tuple[str, ...]
) -> None:
    made = f'dataflows.{flow}:flow("{CKT5}", "{spoiled_storm}", "{tmp_path}")'
    run = subprocess.run([sys.executable, "-m", "bytewax.run", made], cwd=HOME, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr
    assert all((tmp_path / name).read_bytes() == expected[name] for name in files)


def test_doubled_lines_are_copies(spoiled_storm: Path, expected: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "storm").mkdir()
    for topic in RAW_TOPICS:
        lines = (spoiled_storm / f"{topic}.jsonl").read_bytes().split(b"\n")
        (tmp_path / "storm" / f"{topic}.jsonl").write_bytes(b"\n".join(line for line in lines for _ in range(2)))
    replay(tmp_path / "storm", tmp_path / "output", 77)
    doubled = contents(tmp_path / "output")
    same = [*OUTAGE_FILES, ABNORMAL, BACKFEED]
    assert [doubled[name] for name in same] == [expected[name] for name in same]
    for name in set(expected) - {*same, CLOCK, ANSWERS}:
        assert letters(doubled[name]) == [letter for letter in letters(expected[name]) for _ in range(2)]


def test_the_order_of_lines_received_at_once_does_not_matter(storm: Path, tmp_path: Path) -> None:
    """All times of arrival are cut to ten seconds, so that many lines share one."""
    draw = random.Random(3)
    for folder in ("sorted", "shuffled"):
        (tmp_path / folder).mkdir()
    for topic in RAW_TOPICS:
        path = storm / f"{topic}.jsonl"
        events = [orjson.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []
        events = sorted((event | {"received_at": event["received_at"][:18] + "0Z"} for event in events), key=arrival)
        for folder in ("sorted", "shuffled"):
            (tmp_path / folder / f"{topic}.jsonl").write_bytes(b"\n".join(map(orjson.dumps, events)))
            draw.shuffle(events)
            events.sort(key=arrival)
    for folder in ("sorted", "shuffled"):
        replay(tmp_path / folder, tmp_path / f"{folder} output", 50)
    assert (tmp_path / "sorted" / f"{RAW_TOPICS[0]}.jsonl").read_bytes() != (
        tmp_path / "shuffled" / f"{RAW_TOPICS[0]}.jsonl"
    ).read_bytes()
    assert contents(tmp_path / "sorted output") == contents(tmp_path / "shuffled output")


def arrival(event: dict[str, str]) -> str:
    return event["received_at"]


def letters(content: bytes) -> list[dict[str, object]]:
    """Give dead letters without their positions."""
    return [orjson.loads(line) | {"offset": 0} for line in content.splitlines()]
