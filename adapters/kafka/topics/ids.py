"""What tells a topic from another with its name: the id that the broker gave it (KIP-516).

Offsets are of one topic. Where it was deleted and made anew they name other records, or none.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Future

    from confluent_kafka.admin import TopicDescription

SECONDS: Final = 15.0
CHECK_SECONDS: Final = 10.0
"""Between two looks at the topics of a running flow."""
NO_ID: Final = "AAAAAAAAAAAAAAAAAAAAAA"
"""What a broker before Kafka 2.8 gives."""
ADOPT: Final = (
    "if it holds the same records at the same offsets, take it up with faultline topics adopt; "
    "else begin anew with another prefix"
)
log: Final = logging.getLogger("faultline")


class OtherTopicError(FaultsError):
    """A topic that is another one than it was."""


class MorePartitionsError(FaultsError):
    """A topic that has more partitions than when the process started: it has to be started again to read them."""


def topic_ids(client: Mapping[str, Any], names: Sequence[str]) -> dict[str, str]:
    """Ask for the ids of topics, by name. Raises `FaultsError` for each that is not told."""
    admin = AdminClient(dict(client))  # it ends with its last name, and unanswered requests with it
    answers = admin.describe_topics(TopicCollection(list(names)), request_timeout=SECONDS)
    ids, faults = {}, []
    for name, answer in answers.items():
        try:
            ids[name] = str(answer.result(SECONDS).topic_id)
        except KafkaException as error:
            faults.append(f"topic {name} does not tell its id: {error.args[0].str().lower()}; allow Describe on it")
    if faults:
        raise FaultsError(faults)
    return {name: topic_id for name, topic_id in ids.items() if topic_id != NO_ID}


def other_topics(known: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Say which topics are others than those that are known, by any names for them."""
    return [
        f"topic {name} is another one than it was (id {topic_id} then, {now[name]} now): it was deleted and made anew, "
        f"or restored; {ADOPT}"
        for name, topic_id in known.items()
        if name in now and now[name] != topic_id
    ]


@dataclass(slots=True)
class TopicCheck:
    """Looks at the topics of a running flow now and then, without waiting for the answer."""

    client: Mapping[str, Any]
    ids: Mapping[str, str]
    """By name, as they were at the start; nothing is looked at where there are none."""
    partitions: Mapping[str, int] = field(default_factory=dict)
    """By name, as many as are read."""
    _requests: dict[str, Future[TopicDescription]] = field(default_factory=dict)
    _requested_at: float = field(default_factory=monotonic)
    _admin: AdminClient | None = None

    def poll(self) -> dict[str, int]:
        """Ask, if it is time to, and give the topics that have more partitions by now, with their numbers.

        Raises `OtherTopicError` where a topic is another one, or is gone.
        """
        if not self.ids:
            return {}
        if not self._requests and monotonic() > self._requested_at + CHECK_SECONDS:
            self._admin = self._admin or AdminClient(dict(self.client))
            self._requested_at = monotonic()
            names = TopicCollection(list(self.ids))
            self._requests = self._admin.describe_topics(names, request_timeout=SECONDS)
        if not self._requests or not all(answer.done() for answer in self._requests.values()):
            return {}
        answers, self._requests = self._requests, {}
        return self._judge(answers)

    def _judge(self, answers: Mapping[str, Future[TopicDescription]]) -> dict[str, int]:
        now: dict[str, str] = {}
        grown: dict[str, int] = {}
        gone = []
        for name, answer in answers.items():
            try:
                description = answer.result()
            except KafkaException as error:
                if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                    gone.append(f"topic {name} is gone: it was deleted while it was read; restore it")
                self._admin = None  # after a broker was away, a client may get no answer for minutes
                continue
            now[name] = str(description.topic_id)
            if name in self.partitions and len(description.partitions) > self.partitions[name]:
                grown[name] = len(description.partitions)
        if faults := gone + other_topics(self.ids, now):
            raise OtherTopicError(faults)
        return grown


def more_partitions(grown: Mapping[str, int], read: Mapping[str, int]) -> MorePartitionsError:
    """Say that partitions were added, and what to do."""
    return MorePartitionsError(
        [
            f"topic {name} has {count} partitions by now, {read[name]} are read: the process ends so that it is "
            "started again and reads all of them; dead letters need as many, see faultline topics extend"
            for name, count in grown.items()
        ]
    )
