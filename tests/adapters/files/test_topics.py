import os
from pathlib import Path

import pytest
import zstandard

from adapters.files.topics import InputFaultsError, find_topic_files

TOPICS = ("ami", "scada", "calls")


def test_any_topic_may_be_absent_and_any_may_be_compressed(tmp_path: Path) -> None:
    assert find_topic_files(tmp_path, TOPICS) == []
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
