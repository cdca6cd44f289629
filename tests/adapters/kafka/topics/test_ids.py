"""Topics are told apart by their ids, before a flow starts and while it runs."""

from __future__ import annotations

from typing import Any

import pytest
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from adapters.kafka.topics import ids
from adapters.kafka.topics.ids import OtherTopicError, TopicCheck, other_topics, topic_ids
from models.refusal import FaultsError
from tests.peers.kafka import eventually


def test_another_topic_with_the_name_is_told_and_more_partitions_are_seen(
    kafka: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ids, "CHECK_SECONDS", 0.05)
    client: dict[str, Any] = {"bootstrap.servers": kafka}
    admin, name = AdminClient(client), f"{prefix}raw"
    admin.create_topics([NewTopic(name, 1, 1)])[name].result(120)
    eventually(lambda: name in admin.list_topics(timeout=120).topics)
    known = topic_ids(client, [name])
    check = TopicCheck(client, known, {name: 1})
    assert check.poll() == {}
    admin.create_partitions([NewPartitions(name, 3)])[name].result(120)
    eventually(lambda: check.poll() == {name: 3})
    admin.delete_topics([name])[name].result(120)
    with pytest.raises(OtherTopicError, match=rf"topic {name} (is gone|is another one than it was)"):
        eventually(lambda: bool(check.poll()) and False)
    eventually(lambda: admin.create_topics([NewTopic(name, 1, 1)])[name].exception(120) is None)
    eventually(lambda: bool(ids_or_none(client, name)))
    (fault,) = other_topics(known, topic_ids(client, [name]))
    assert "faultline topics adopt" in fault
    with pytest.raises(FaultsError, match="does not tell its id"):
        topic_ids(client, [f"{prefix}nobody"])


def ids_or_none(client: dict[str, Any], name: str) -> dict[str, str]:
    try:
        return topic_ids(client, [name])
    except FaultsError:
        return {}
