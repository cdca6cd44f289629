"""The broker that a command works on: found by the settings that `faultline run` takes, and seen to answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from adapters.kafka.connection.reach import unreachable
from dataflows.service.given_settings import check_broker_settings, find_settings
from models.refusal import FaultsError

if TYPE_CHECKING:
    from adapters.kafka.connection.connection import Connection

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="TOML file with settings; see faultline config show.")
]
PrefixOption = Annotated[
    str | None,
    typer.Option(
        "--prefix",
        help="Put before every topic's name, by default FAULTLINE_TOPIC_PREFIX: environments share a cluster so.",
    ),
]


class Broker(NamedTuple):
    """A broker that answers."""

    client: dict[str, Any]
    """What every client is made with, secrets in it."""
    prefix: str
    embedded: bool = False
    """It is librdkafka's mock cluster, which tells no settings."""

    def name(self, stem: str) -> str:
        """Give a topic's name in Kafka."""
        return self.prefix + stem


def find_broker(config: Path | None = None, prefix: str | None = None) -> Broker:
    """Find the broker; a `prefix` wins over the setting.

    Raises `FaultsError` where none is named, it does not answer, or its settings contradict each other.
    """
    settings = check_broker_settings(find_settings({"config": config, "topic_prefix": prefix}))
    connection = settings.connection()
    if faults := unreachable(connection):
        raise FaultsError(faults)
    return Broker(connection.client_settings(), settings.topic_prefix, settings.embedded)


def named_connection() -> Connection | None:
    """Give the connection to the broker that is named, None where none is.

    Raises `FaultsError` where it does not answer, or its settings contradict each other.
    """
    given = find_settings({})
    if "kafka" not in given:
        return None
    connection = check_broker_settings(given).connection()
    if faults := unreachable(connection):
        raise FaultsError(faults)
    return connection


def topic_prefix() -> str:
    """Give what stands before the names of all topics, if a command is not told otherwise."""
    setting = find_settings({}).get("topic_prefix")
    return str(setting.value) if setting else ""
