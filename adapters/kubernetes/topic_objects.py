"""The topics as Strimzi's KafkaTopic objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.kafka.topics.table import all_topics, configuration

if TYPE_CHECKING:
    from adapters.kafka.topics.declaration import Topic

_HEAD: Final = "# Written by `make reference` from the table of topics.\n"
_REPLICAS: Final = 3
_IN_SYNC: Final = {"min.insync.replicas": "2"}
"""A record is acknowledged when two have it, so that one broker may be lost."""
_TOPIC: Final = """apiVersion: kafka.strimzi.io/v1
kind: KafkaTopic
metadata:
  name: {name}
  labels:
    strimzi.io/cluster: kafka
    faultline/written-by: {topic.owner}
spec:
{topic_name}  partitions: {topic.partitions}
  replicas: {replicas}
  config:
{config}"""


def topic_objects() -> str:
    """Return `k8s/topics/topics.yaml`."""
    return _HEAD + "---\n".join(map(_topic, all_topics()))


def _topic(topic: Topic) -> str:
    settings = sorted((configuration(topic) | _IN_SYNC).items())
    config = "".join(f'    {name}: "{value}"\n' for name, value in settings)
    name = topic.stem.replace("_", "-")  # what Kubernetes takes for a name
    topic_name = "" if name == topic.stem else f"  topicName: {topic.stem}\n"
    return _TOPIC.format(name=name, topic_name=topic_name, topic=topic, replicas=_REPLICAS, config=config)
