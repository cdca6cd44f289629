"""How late outages are published: by the broker's own times, from the output topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import orjson
from confluent_kafka import Consumer, TopicPartition

from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from numpy.typing import NDArray


def published(bootstrap: str, topic: str) -> NDArray[np.int64]:
    """Give for each record of a life cycle topic its instant and when it was published, n by 2 milliseconds."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "delays", "enable.partition.eof": True})
    parts = consumer.list_topics(topic, timeout=30).topics[topic].partitions
    consumer.assign([TopicPartition(topic, part, 0) for part in parts])
    ended, rows = 0, []
    while ended < len(parts):
        for message in consumer.consume(1000, 0.2):
            if message.error() is not None:
                ended += 1
                continue
            instant = parse_time(orjson.loads(message.value() or b"{}")["updated_at"])
            rows.append((instant, message.timestamp()[1]))
    consumer.close()
    return np.array(rows, np.int64).reshape(-1, 2)


def percentiles(rows: NDArray[np.int64]) -> dict[str, float]:
    """Give seconds: from the instant on, and from the oldest record that the instant took in (a second before).

    Nothing where nothing was published: an outage waits for some twenty seconds of log time before it is.
    """
    if not len(rows):
        return {}
    after = (rows[:, 1] - rows[:, 0]) / 1000
    return {
        "after_instant_p50": float(np.percentile(after, 50)),
        "after_instant_p99": float(np.percentile(after, 99)),
        "from_record_p50": float(np.percentile(after, 50)) + 0.5,
        "from_record_p99": float(np.percentile(after, 99)) + 1.0,
    }
