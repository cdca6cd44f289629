"""Which broker the commands talk to, and as whom: the same settings as `faultline run` takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adapters.kafka.reach import unreachable
from dataflows.log_settings import find_connection, find_settings
from models.refusal import FaultsError

if TYPE_CHECKING:
    from adapters.kafka.connection import Connection

VARIABLE: Final = "FAULTLINE_KAFKA"


def named_connection() -> Connection | None:
    """Give the connection to the broker that is named, None where none is.

    Raises `FaultsError` where it does not answer, or its settings contradict each other.
    """
    given = {name: setting.value for name, setting in find_settings({}).items()}
    servers = str(given.get("kafka", "")).strip()
    if not servers:
        return None
    connection = find_connection(servers, given)
    if faults := connection.faults() or unreachable(connection):
        raise FaultsError(faults)
    return connection


def client_settings() -> dict[str, Any]:
    """Give the settings of every client, secrets in them. Raises `FaultsError` where no broker can be had."""
    connection = named_connection()
    if connection is None:
        raise FaultsError([f"no broker is named: set {VARIABLE} to its bootstrap servers, as in 127.0.0.1:9092"])
    return connection.client_settings()


def topic_prefix() -> str:
    """Give what stands before the names of all topics, if a command is not told otherwise."""
    setting = find_settings({}).get("topic_prefix")
    return str(setting.value) if setting else ""
