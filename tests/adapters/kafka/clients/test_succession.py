"""Who starts later ends who was there, also while nothing is written."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from adapters.kafka.clients.consumer import PartitionReader
from adapters.kafka.clients.positions import Positions
from adapters.kafka.clients.succession import ReplacedError
from tests.peers.kafka import eventually

if TYPE_CHECKING:
    from collections.abc import Callable


class Open:
    """A producer that has not been fenced: it has written nothing."""

    def poll(self) -> None:
        pass


@pytest.fixture
def places(kafka: str, prefix: str) -> list[tuple[str, int]]:
    admin = AdminClient({"bootstrap.servers": kafka})
    for answer in admin.create_topics([NewTopic(prefix + "log", 2, 1)]).values():
        answer.result(120)
    return [(prefix + "log", 0), (prefix + "log", 1)]


@pytest.fixture
def start(kafka: str, prefix: str) -> Callable[[list[tuple[str, int]]], PartitionReader]:
    client: dict[str, Any] = {"bootstrap.servers": kafka}
    return lambda places: PartitionReader(client, f"{prefix}group", dict.fromkeys(places, 0), Open())


def test_the_older_one_hears_of_a_later_start(
    kafka: str, prefix: str, places: list[tuple[str, int]], start: Callable[[list[tuple[str, int]]], PartitionReader]
) -> None:
    with closing(start(places)) as first, Positions({"bootstrap.servers": kafka}, f"{prefix}group") as positions:
        for offset in (5, 6):  # its own number is no later one
            first.commit(dict.fromkeys(places, offset))
            eventually(lambda offset=offset: positions.committed(places) == dict.fromkeys(places, offset))  # type: ignore[misc]
        with closing(start(places[1:])) as second:
            first.commit(dict.fromkeys(places, 7))  # nothing was committed yet by the second
            eventually(lambda: positions.committed(places) == dict.fromkeys(places, 7))
            second.commit({places[1]: 8})
            eventually(lambda: positions.committed(places)[places[1]] == 8)
            with pytest.raises(ReplacedError, match="log/1 was taken over by another process"):
                first.commit(dict.fromkeys(places, 9))
            second.commit({places[1]: 10})  # an earlier start is none to give way to
            eventually(lambda: positions.committed(places) == {places[0]: 7, places[1]: 10})


def test_offsets_that_others_have_committed_are_no_start(
    kafka: str, prefix: str, places: list[tuple[str, int]], start: Callable[[list[tuple[str, int]]], PartitionReader]
) -> None:
    tool = Consumer({"bootstrap.servers": kafka, "group.id": f"{prefix}group"})
    foreign = [TopicPartition(*place, 3, "start=many") for place in places]
    tool.commit(offsets=foreign, asynchronous=False)
    with closing(start(places)) as reader:
        tool.commit(offsets=foreign, asynchronous=False)
        reader.commit(dict.fromkeys(places, 4))
    tool.close()
