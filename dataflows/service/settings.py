"""Settings of a flow on Kafka: from options, environment variables and a file, each with where it came from."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapters.kafka.connection.connection import Connection
from adapters.kafka.connection.faults import connection_faults
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLES: Final = "FAULTLINE_"
CONFIG: Final = "FAULTLINE_CONFIG"
"""The variable that names the settings file."""
Settings = TypeVar("Settings", bound="BrokerSettings")


class SettingsFaultsError(FaultsError):
    """Settings that cannot be used."""


class BrokerSettings(BaseModel):
    """Which Kafka, and which topics there: what commands need that run no flow.

    `kafka_*` are the settings of `adapters.kafka.connection.connection.Connection`.
    """

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)

    kafka: str = Field(description="Kafka's bootstrap servers, host:port, with commas between.")
    topic_prefix: str = Field("", description="What the names of all topics begin with.")

    def connection(self) -> Connection:
        """Give the connection that the `kafka_*` settings describe; raises `SettingsFaultsError`."""
        return _find_connection(self.kafka, self.model_extra or {})


class LogSettings(BrokerSettings):
    """All settings of `faultline run`."""

    organisation: str = Field("default", min_length=1, description="Name of the utility in the records.")
    network: Path = Field(description="Folder with the tables devices and usage_points, or a compiled network.")
    state: Path = Field(description="Folder of the process's own snapshots.")
    process: int = Field(0, ge=0, description="Which of the processes this is, from 0.")
    processes: int = Field(1, ge=1, description="How many processes share the partitions.")
    listen: str | None = Field(None, description="Address and port of /metrics, /healthz and /readyz; none if not set.")
    allowed_hosts: str = Field(
        "", description="Host names that clients of --listen may use besides addresses, with commas between; * for any."
    )
    model: Path | None = Field(None, description="TOML file that replaces rates and priors of the inference.")
    delivery: str | None = Field(None, description="Share of last gasps that arrive, or a CSV file.")
    epoch_seconds: float = Field(10.0, ge=0, description="Time between snapshots.")
    stall_seconds: float = Field(240.0, gt=0, description="After so long without a move the process ends with code 75.")
    watermark_margin_ms: int = Field(
        500, ge=0, description="How far clocks of brokers and readers may differ, in milliseconds."
    )
    delivery_seconds: float = Field(
        180.0, gt=0, description="How long the broker may take to acknowledge a record before the process ends."
    )
    embedded: bool = Field(
        default=False, description="The broker is librdkafka's mock cluster, which tells no settings."
    )


KAFKA_SETTINGS: Final = tuple(f"kafka_{name}" for name in Connection.model_fields if name != "bootstrap_servers")
SETTINGS: Final = (*LogSettings.model_fields, *KAFKA_SETTINGS)
"""The names of all settings."""


@dataclass(frozen=True, slots=True)
class Given:
    """A setting as it was given, and where."""

    value: Any
    source: str


def find_settings(options: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> dict[str, Given]:
    """Give each setting that is given: an option wins over a variable, and that over the file.

    Raises `SettingsFaultsError` for a file that cannot be read, and for names that are no settings.
    """
    file = options.get("config") or environment.get(CONFIG)
    given = _from_file(Path(file)) if file else {}
    given |= {
        name: Given(environment[variable], variable)
        for name in SETTINGS
        if (variable := VARIABLES + name.upper()) in environment
    }
    chosen = {name: value for name, value in options.items() if value is not None and name in SETTINGS}
    return given | {name: Given(value, f"--{name.replace('_', '-')}") for name, value in chosen.items()}


def check_settings(given: Mapping[str, Given]) -> LogSettings:
    """Check the settings of a flow as a whole; raises `SettingsFaultsError` with every fault."""
    settings, faults = _check(LogSettings, given)
    if settings is not None and settings.process >= settings.processes:
        which = f"process {settings.process} of {settings.processes}"
        faults.append(f"{which}: processes count from 0; give --process below --processes")
    if settings is None or faults:
        raise SettingsFaultsError(faults)
    return settings


def check_broker_settings(given: Mapping[str, Given]) -> BrokerSettings:
    """Check the settings that any command needs; raises `SettingsFaultsError` with every fault."""
    settings, faults = _check(BrokerSettings, given)
    if settings is None or faults:
        raise SettingsFaultsError(faults)
    return settings


def load_settings(options: Mapping[str, Any] | None = None) -> LogSettings:
    """Find and check the settings."""
    return check_settings(find_settings(options or {}))


def _check(kind: type[Settings], given: Mapping[str, Given]) -> tuple[Settings | None, list[str]]:
    """Give the settings, if they can be made, and the faults in them and in the connection."""
    values = {name: setting.value for name, setting in given.items()}
    if not str(values.get("kafka", "")).strip():
        values.pop("kafka", None)
    settings, faults = None, []
    try:
        settings = kind.model_validate(values)
    except ValidationError as error:
        faults += [_told(entry, "") for entry in error.errors()]
    if "kafka" in values:
        try:
            faults += connection_faults(_find_connection(str(values["kafka"]), values))
        except SettingsFaultsError as error:
            faults += error.faults
    return settings, faults


def _find_connection(servers: str, given: Mapping[str, Any]) -> Connection:
    words = {name.removeprefix("kafka_"): value for name, value in given.items() if name in KAFKA_SETTINGS}
    try:
        return Connection(bootstrap_servers=servers, **words)
    except ValidationError as error:
        raise SettingsFaultsError([_told(entry, "kafka_") for entry in error.errors()]) from error


def _from_file(path: Path) -> dict[str, Given]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsFaultsError(
            [f"settings {path}: {(error.strerror or str(error)).lower()}; check --config"]
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsFaultsError([f"settings {path} is no TOML: {str(error).lower()}; mend it there"]) from error
    if unknown := sorted(set(content) - set(SETTINGS)):
        raise SettingsFaultsError(
            [f"settings {path}: {name} is no setting; see faultline config show" for name in unknown]
        )
    return {name: Given(value, str(path)) for name, value in content.items()}


def _told(entry: Any, prefix: str) -> str:  # noqa: ANN401 (pydantic's error)
    name = prefix + ".".join(map(str, entry["loc"]))
    if entry["type"] == "missing":
        return f"setting {name} is missing; {_mend(name)}"
    message = entry["msg"]
    return f"setting {name}: {message[:1].lower()}{message[1:]}; see faultline config show"


def _mend(name: str) -> str:
    """Say how a setting is given: the broker is no option of any command."""
    if name == "kafka":
        return f"set {VARIABLES}KAFKA to the bootstrap servers, as in 127.0.0.1:9092"
    return f"give --{name.replace('_', '-')} or {VARIABLES}{name.upper()}"
