"""`faultline feed` writes nothing where meters write: its storm would stand among theirs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from confluent_kafka.admin import AdminClient, OffsetSpec
from confluent_kafka.cimpl import TopicPartition

from adapters.kafka.topics.admin import create_topics
from adapters.kafka.topics.table import layout
from models.contracts.topics import RAW_TOPICS
from tests.worlds.storms import CKT5, COMMAND, HOME


def test_topics_that_the_broker_stamps_are_refused_before_anything_is_written(
    kafka: str, prefix: str, storm: Path
) -> None:
    create_topics({"bootstrap.servers": kafka}, layout(2, 1, prefix), 1)
    command = [*COMMAND, "feed", "--network", str(CKT5), "--input", str(storm), "--prefix", prefix]
    environment = os.environ | {"FAULTLINE_KAFKA": kafka}
    done = subprocess.run(command, cwd=HOME, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    for topic in RAW_TOPICS:
        assert f"topic {prefix}{topic} is not for playing" in done.stderr
    places = [TopicPartition(prefix + topic, part) for topic in RAW_TOPICS for part in (0, 1)]
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    admin = AdminClient({"bootstrap.servers": kafka})  # answers come only while it lives
    ends = admin.list_offsets(dict.fromkeys(places, latest))
    assert {answer.result(30).offset for answer in ends.values()} == {0}
