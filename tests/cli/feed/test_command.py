"""No file is played where meters write: its storm would stand among theirs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, OffsetSpec
from confluent_kafka.cimpl import TopicPartition

from adapters.kafka.topics.admin import create_topics
from adapters.kafka.topics.table import layout
from adapters.network.load import load_network
from models.contracts.topics import RAW_TOPICS
from tests.worlds.storms import CKT5, COMMAND, HOME


@pytest.mark.parametrize("command", ["feed", "up"])
def test_topics_that_the_broker_stamps_are_refused_before_anything_is_written(
    command: str, kafka: str, prefix: str, storm: Path, tmp_path: Path
) -> None:
    create_topics({"bootstrap.servers": kafka}, layout(2, load_network(CKT5).evidence_partitions, prefix), 1)
    options = ["--network", CKT5, "--input", storm, *(["--output", tmp_path] if command == "up" else [])]
    environment = os.environ | {"FAULTLINE_KAFKA": kafka, "FAULTLINE_TOPIC_PREFIX": prefix}
    words = [*COMMAND, command, *map(str, options)]
    done = subprocess.run(words, cwd=HOME, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    for topic in RAW_TOPICS:
        assert f"topic {prefix}{topic} is not for playing" in done.stderr
    places = [TopicPartition(prefix + topic, part) for topic in RAW_TOPICS for part in (0, 1)]
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    admin = AdminClient({"bootstrap.servers": kafka})  # answers come only while it lives
    ends = admin.list_offsets(dict.fromkeys(places, latest))
    assert {answer.result(120).offset for answer in ends.values()} == {0}
