"""The settings that every flow on Kafka has; each flow adds its own beside it, and `given_settings` finds them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapters.kafka.connection.connection import Connection
from adapters.process.log import LogFormat, LogLevel
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLES: Final = "FAULTLINE_"
KAFKA_SETTINGS: Final = tuple(f"kafka_{name}" for name in Connection.model_fields if name != "bootstrap_servers")


class SettingsFaultsError(FaultsError):
    """Settings that cannot be used."""


class BrokerSettings(BaseModel):
    """Which Kafka, and which topics there: what commands need that run no flow.

    `kafka_*` are the settings of `adapters.kafka.connection.connection.Connection`.
    """

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)

    kafka: str = Field(description="Kafka's bootstrap servers, host:port, with commas between.")
    topic_prefix: str = Field("", description="What the names of all topics begin with.")
    embedded: bool = Field(
        default=False, description="The broker is librdkafka's mock cluster, which tells no settings."
    )

    def connection(self) -> Connection:
        """Give the connection that the `kafka_*` settings describe; raises `SettingsFaultsError`."""
        return find_connection(self.kafka, self.model_extra or {})


class ServiceSettings(BrokerSettings):
    """What every flow can be told."""

    state: Path = Field(description="Folder of the process's own snapshots.")
    process: int = Field(0, ge=0, description="Which of the processes this is, from 0.")
    processes: int = Field(1, ge=1, description="How many processes share the partitions.")
    listen: str | None = Field(None, description="Address and port of /metrics, /healthz and /readyz; none if not set.")
    allowed_hosts: str = Field(
        "", description="Host names that clients of --listen may use besides addresses, with commas between; * for any."
    )
    log_level: LogLevel = Field(LogLevel.info, description="The least that is logged.")
    log_format: LogFormat = Field(LogFormat.text, description="How the log is written, an event a line.")
    traces: str | None = Field(
        None,
        pattern=r"^https?://",
        description="Where spans of the batches of ingest and outages go by OTLP over HTTP, as in "
        "http://collector:4318/v1/traces; none are made if not set.",
    )
    epoch_seconds: float = Field(10.0, ge=0, description="Time between snapshots.")
    stall_seconds: float = Field(240.0, gt=0, description="After so long without a move the process ends with code 75.")
    time_zone: str | None = Field(
        None,
        description="The utility's time zone, as in America/Los_Angeles, for days, hours and what people read; UTC if "
        "not set. Records have UTC all the same.",
    )
    network_wait_seconds: float = Field(
        900.0, gt=0, description="How long a released network version that is not there yet is waited for."
    )
    delivery_seconds: float = Field(
        180.0, gt=0, description="How long the broker may take to acknowledge a record before the process ends."
    )


OPTIONS: Final = ("state", "process", "processes", "listen", "log_level", "log_format")
"""Settings of every flow that are options of the command line as well."""


def find_connection(servers: str, given: Mapping[str, Any], shown: Mapping[str, str] | None = None) -> Connection:
    """Give the connection that `kafka_*` settings describe; `shown` says of some what was given, and where.

    Raises `SettingsFaultsError` with every fault.
    """
    values = {name.removeprefix("kafka_"): value for name, value in given.items() if name in KAFKA_SETTINGS}
    try:
        return Connection(bootstrap_servers=servers, **values)
    except ValidationError as error:
        faults = [name_fault(entry, "kafka_", shown) for entry in error.errors()]
        raise SettingsFaultsError(faults) from error


def name_fault(entry: Any, prefix: str = "", shown: Mapping[str, str] | None = None) -> str:  # noqa: ANN401 (pydantic's)
    """Put an error of pydantic into words, with what was given and where, and what to do."""
    name = prefix + ".".join(map(str, entry["loc"]))
    if entry["type"] == "missing":
        return f"setting {name} is missing; {_remedy(name)}"
    message = entry["msg"]
    return f"setting {name}{(shown or {}).get(name, '')}: {message[:1].lower()}{message[1:]}; see faultline config show"


def _remedy(name: str) -> str:
    """Say how a setting is given: the broker is no option of any command."""
    if name == "kafka":
        return f"set {VARIABLES}KAFKA to the bootstrap servers, as in 127.0.0.1:9092"
    return f"give --{name.replace('_', '-')} or {VARIABLES}{name.upper()}"
