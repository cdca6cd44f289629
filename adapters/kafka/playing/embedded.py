"""A broker inside this process, for a first look and for tests: the mock cluster of librdkafka, driven through ctypes.

Other processes connect to it as to any broker, at a free port of 127.0.0.1. Nothing is durable: all ends with this
process. What holds, seen with librdkafka 2.16:

- It keeps records with key, headers and create time, and tells a null value from an empty one; offsets can be
  committed without joining a group, and low and high marks be asked for.
- It knows no append time and no search by time; topics are not compacted.
- It has no administration: no making, describing or configuring of topics. A topic that it is asked for by name, or
  that somebody writes to, is made with four partitions.
- It keeps 5 MiB of stored batches a partition, or 100,000 of them, and then drops the oldest in silence; where two
  batches together are larger, even the newest. `adapters.kafka.playing.overrun` notices.
- An empty fetch is answered when its wait is over, whatever came meanwhile (`EMBEDDED_CONSUMER`), and a fetch gives one
  batch a partition.
"""

from __future__ import annotations

import ctypes
import logging
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import TYPE_CHECKING, Final

import confluent_kafka  # loads the library

from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

RETAINED_BYTES: Final = 5 << 20
"""Stored bytes that a partition keeps."""
EMBEDDED_CONSUMER: Final[Mapping[str, object]] = {"fetch.wait.max.ms": 10}
"""Settings for consumers of an embedded broker: else news waits for half a second."""

_PRODUCER: Final = 0
_TEXT_SIZE: Final = 512
_HANDLE: Final = ctypes.c_void_p
_FUNCTIONS: Final = {
    "rd_kafka_version_str": ([], ctypes.c_char_p),
    "rd_kafka_err2str": ([ctypes.c_int], ctypes.c_char_p),
    "rd_kafka_conf_new": ([], _HANDLE),
    "rd_kafka_conf_set": ([_HANDLE, *[ctypes.c_char_p] * 3, ctypes.c_size_t], ctypes.c_int),
    "rd_kafka_new": ([ctypes.c_int, _HANDLE, ctypes.c_char_p, ctypes.c_size_t], _HANDLE),
    "rd_kafka_destroy": ([_HANDLE], None),
    "rd_kafka_mock_cluster_new": ([_HANDLE, ctypes.c_int], _HANDLE),
    "rd_kafka_mock_cluster_destroy": ([_HANDLE], None),
    "rd_kafka_mock_cluster_bootstraps": ([_HANDLE], ctypes.c_char_p),
    "rd_kafka_mock_topic_create": ([_HANDLE, ctypes.c_char_p, ctypes.c_int, ctypes.c_int], ctypes.c_int),
    "rd_kafka_mock_broker_set_down": ([_HANDLE, ctypes.c_int32], ctypes.c_int),
    "rd_kafka_mock_broker_set_up": ([_HANDLE, ctypes.c_int32], ctypes.c_int),
}
"""What is called in the library: types of the arguments and of the result."""

_log: Final = logging.getLogger(__name__)


class EmbeddedBrokerError(FaultsError):
    """An embedded broker that cannot be had, or cannot do what is asked."""


class EmbeddedBroker:
    """A broker that lives from `with` to its end. Raises `EmbeddedBrokerError` where the library has no such thing."""

    def __init__(self) -> None:
        self._library = _load()
        text = ctypes.create_string_buffer(_TEXT_SIZE)
        settings = self._library.rd_kafka_conf_new()
        # The client that carries the cluster has no broker of its own, and would say so at level 5.
        self._library.rd_kafka_conf_set(settings, b"log_level", b"4", text, _TEXT_SIZE)
        self._client = self._library.rd_kafka_new(_PRODUCER, settings, text, _TEXT_SIZE)
        self._cluster = self._client and self._library.rd_kafka_mock_cluster_new(self._client, 1)
        if not self._cluster:
            raise EmbeddedBrokerError(
                [f"the embedded broker does not start: {text.value.decode() or 'no memory'}; set FAULTLINE_KAFKA"]
            )
        self.bootstrap = str(self._library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode())
        """Where clients connect: `127.0.0.1:PORT`."""
        _log.warning("embedded broker at %s: nothing is durable, all topics end with this process", self.bootstrap)

    def create(self, topic: str, partitions: int) -> None:
        """Make a topic. Raises `EmbeddedBrokerError` where it is there already or its name or number is not allowed."""
        error = self._library.rd_kafka_mock_topic_create(self._cluster, topic.encode(), partitions, 1)
        if error:
            reason = self._library.rd_kafka_err2str(error).decode()
            raise EmbeddedBrokerError([f"topic {topic} cannot be made with {partitions} partitions: {reason.lower()}"])

    def set_down(self) -> None:
        """Let the broker refuse and cut all connections; what it holds stays."""
        self._library.rd_kafka_mock_broker_set_down(self._cluster, 1)

    def set_up(self) -> None:
        """Let it be there again."""
        self._library.rd_kafka_mock_broker_set_up(self._cluster, 1)

    def close(self) -> None:
        """End it, and all that it holds."""
        if self._client:
            self._library.rd_kafka_mock_cluster_destroy(self._cluster)
            self._library.rd_kafka_destroy(self._client)
            self._client = self._cluster = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()


def _load() -> ctypes.CDLL:
    """Open the library that confluent-kafka runs on, with the types of what is called in it."""
    library = ctypes.CDLL(str(_library_path()))
    missing = [name for name in _FUNCTIONS if not hasattr(library, name)]
    if missing:
        lacking = f"librdkafka {confluent_kafka.libversion()[0]} has no embedded broker, {missing[0]} is missing"
        raise EmbeddedBrokerError(
            [f"{lacking}: install the locked confluent-kafka, or set FAULTLINE_KAFKA to a broker"]
        )
    for name, (arguments, result) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, result
    return library


def _library_path() -> Path:
    """Find the library that the wheel of confluent-kafka brings."""
    try:
        parts = files("confluent-kafka") or []
    except PackageNotFoundError:
        parts = []
    found = [Path(str(part.locate())) for part in parts if part.name.startswith("librdkafka") and ".so" in part.name]
    if not found:
        lacking = "confluent-kafka was built without a librdkafka of its own"
        raise EmbeddedBrokerError([f"{lacking}: install its wheel, or set FAULTLINE_KAFKA to a broker"])
    return found[0]
