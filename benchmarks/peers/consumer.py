"""How the Python contenders tune librdkafka, and a consumer for the plain loops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from confluent_kafka import Consumer, TopicPartition

if TYPE_CHECKING:
    from benchmarks.peers.protocol import Task

CLIENT: Final[dict[str, str | int]] = {
    # By default a client whose queue is full looks again a second later, which keeps the fast ones idle.
    "fetch.queue.backoff.ms": 5,
    "fetch.wait.max.ms": 50,
}


def open_consumer(task: Task) -> Consumer:
    """Open a consumer at the start of the task's partitions."""
    consumer = Consumer(
        {"bootstrap.servers": task.bootstrap, "group.id": task.name, "enable.auto.commit": False, **CLIENT}
    )
    consumer.assign([TopicPartition(task.topic, partition, 0) for partition in task.partitions()])
    return consumer
