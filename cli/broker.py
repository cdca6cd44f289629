"""The broker that a command works on: found by the settings that `faultline run` takes, and seen to answer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from adapters.kafka.connection.reach import unreachable
from dataflows.outages.settings import OutagesSettings
from dataflows.service.given_settings import check_broker_settings, find_settings
from models.refusal import FaultsError

if TYPE_CHECKING:
    from adapters.kafka.connection.connection import Connection
    from dataflows.service.given_settings import Given

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
ReplayedOption = Annotated[
    Path | None, typer.Option("--input", help="Folder that faultline replay wrote, in place of the broker.")
]
TwinConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--twin-config", metavar="FILE", help="TOML file with the other site's kafka settings; no variable adds to it."
    ),
]
TwinPrefixOption = Annotated[
    str | None,
    typer.Option("--twin-prefix", help="Prefix of the other site's topics; without --twin-config on the same cluster."),
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
    return _reach(find_settings({"config": config, "topic_prefix": prefix}))


def find_twin(broker: Broker, config: Path | None, prefix: str | None) -> Broker:
    """Find the site that runs the same log as `broker`: on the cluster that a file names, or on the same one.

    Raises `FaultsError` as `find_broker`, and where it is not named or is the same site.
    """
    if config is None:
        twin = broker._replace(prefix=broker.prefix if prefix is None else prefix)
    else:
        twin = _reach(find_settings({"config": config, "topic_prefix": prefix}, environment={}))
    if twin == broker:
        raise FaultsError(["the twin is the same site; name the other one by --twin-config, --twin-prefix or both"])
    return twin


def _reach(given: Mapping[str, Given]) -> Broker:
    settings = check_broker_settings(given)
    connection = settings.connection()
    if faults := unreachable(connection):
        raise FaultsError(faults)
    return Broker(connection.client_settings(), settings.topic_prefix, settings.embedded)


def named_connection(environment: Mapping[str, str] = os.environ) -> Connection | None:
    """Give the connection to the broker that an environment names, None where it names none.

    Raises `FaultsError` where it does not answer, or its settings contradict each other.
    """
    given = find_settings({}, environment)
    if "kafka" not in given:
        return None
    connection = check_broker_settings(given).connection()
    if faults := unreachable(connection):
        raise FaultsError(faults)
    return connection


def topic_prefix(environment: Mapping[str, str] = os.environ) -> str:
    """Give what stands before the names of all topics, if a command is not told otherwise."""
    setting = find_settings({}, environment).get("topic_prefix")
    return str(setting.value) if setting else ""


def organisation(config: Path | None = None) -> str:
    """Give the name of the utility in records, as the flows have it."""
    setting = find_settings({"config": config}).get("organisation")
    return str(setting.value) if setting else str(OutagesSettings.model_fields["organisation"].default)
