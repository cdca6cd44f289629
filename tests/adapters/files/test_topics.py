import os
from pathlib import Path

import pytest
import zstandard

from adapters.files.topics import InputFaultsError, find_topic_files, ignored_files

TOPICS = ("ami", "scada", "calls")


def test_any_topic_may_be_absent_and_any_may_be_compressed(tmp_path: Path) -> None:
    (tmp_path / "calls.jsonl.zst").write_bytes(zstandard.compress(b""))
    (tmp_path / "ami.jsonl").touch()
    (tmp_path / "notes.txt").touch()
    found = [(file.topic, file.path.name) for file in find_topic_files(tmp_path, TOPICS)]
    assert found == [("ami", "ami.jsonl"), ("calls", "calls.jsonl.zst")]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "ami.jsonl").touch()
    (tmp_path / "ami.jsonl.gz").touch()
    (tmp_path / "scada.jsonl.gz").write_text("this is no gzip")
    (tmp_path / "calls.jsonl").mkdir()
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(InputFaultsError) as refusal:
        find_topic_files(tmp_path, (*TOPICS, "pipe"))
    assert [fault.split(";")[0].replace(str(tmp_path), "") for fault in refusal.value.faults] == [
        "topic ami is there 2 times: ami.jsonl, ami.jsonl.gz",
        "cannot read /scada.jsonl.gz: not a gzipped file (b'th')",
        "/calls.jsonl is a folder",
        "/pipe.jsonl is a pipe",
    ]


def test_a_missing_folder_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(InputFaultsError, match=r"input folder .*storm is missing"):
        find_topic_files(tmp_path / "storm", TOPICS)


def test_a_folder_without_topics_is_refused_and_says_what_may_have_been_meant(tmp_path: Path) -> None:
    for name in ("amii.jsonl", "letters.txt", ".hidden"):
        (tmp_path / name).touch()
    (tmp_path / "network").mkdir()
    with pytest.raises(InputFaultsError) as refusal:
        find_topic_files(tmp_path, TOPICS)
    assert [fault.replace(str(tmp_path), "") for fault in refusal.value.faults] == [
        "/amii.jsonl is ignored: it is no topic; did you mean ami.jsonl?",
        "/letters.txt is ignored: it is no topic",
        "input folder  has no file of a topic; give a folder with files such as ami.jsonl",
    ]
    assert ignored_files(tmp_path, TOPICS) == refusal.value.faults[:2]
    for number in range(9):
        (tmp_path / f"{number}.csv").touch()
    assert ignored_files(tmp_path, TOPICS)[5:] == ["6 more files are ignored"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'[\n  {"a": 1}]', "holds a JSON array"),
        (b' [{"a": 1}]', "holds a JSON array"),
        ('{"a": 1}'.encode("utf-16"), "is UTF-16"),
        (b"[1, 2]\n{}", None),
        (b'\xef\xbb\xbf{"a": 1}', None),
    ],
)
def test_what_stands_in_place_of_lines_is_told(tmp_path: Path, content: bytes, reason: str | None) -> None:
    (tmp_path / "ami.jsonl").write_bytes(content)
    if reason is None:
        assert len(find_topic_files(tmp_path, TOPICS)) == 1
        return
    with pytest.raises(InputFaultsError, match=reason):
        find_topic_files(tmp_path, TOPICS)
