"""Settings from options, environment variables and a file, each with where it came from."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import ValidationError

from adapters.kafka.connection.connection import Connection
from adapters.kafka.connection.faults import connection_faults
from dataflows.service.flows import find_flows
from dataflows.service.settings import (
    KAFKA_SETTINGS,
    VARIABLES,
    BrokerSettings,
    ServiceSettings,
    SettingsFaultsError,
    find_connection,
    name_fault,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo

CONFIG: Final = "FAULTLINE_CONFIG"
"""The variable that names the settings file."""
Broker = TypeVar("Broker", bound=BrokerSettings)
Service = TypeVar("Service", bound=ServiceSettings)


@dataclass(frozen=True, slots=True)
class Given:
    """A setting as it was given, and where."""

    value: Any
    source: str


def all_settings() -> dict[str, FieldInfo]:
    """Give all settings of all flows by name; the same one of two flows is one."""
    fields = {name: field for flow in find_flows().values() for name, field in flow.settings.model_fields.items()}
    return fields | {name: Connection.model_fields[name.removeprefix("kafka_")] for name in KAFKA_SETTINGS}


def find_settings(options: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> dict[str, Given]:
    """Give each setting that is given: an option wins over a variable, and that over the file.

    Raises `SettingsFaultsError` for a file that cannot be read, and for names that are no settings.
    """
    names = all_settings()
    file = options.get("config") or environment.get(CONFIG)
    given = _from_file(Path(file), names) if file else {}
    given |= {
        name: Given(environment[variable], variable)
        for name in names
        if (variable := VARIABLES + name.upper()) in environment
    }
    chosen = {name: value for name, value in options.items() if value is not None and name in names}
    return given | {name: Given(value, f"--{name.replace('_', '-')}") for name, value in chosen.items()}


def check_settings(kind: type[Service], given: Mapping[str, Given]) -> Service:
    """Check the settings of a flow as a whole; raises `SettingsFaultsError` with every fault."""
    settings, faults = _check(kind, given)
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


def load_settings(kind: type[Service], options: Mapping[str, Any] | None = None) -> Service:
    """Find and check the settings of a flow."""
    return check_settings(kind, find_settings(options or {}))


def _check(kind: type[Broker], given: Mapping[str, Given]) -> tuple[Broker | None, list[str]]:
    """Give the settings, if they can be made, and the faults in them and in the connection."""
    own = {*kind.model_fields, *KAFKA_SETTINGS}
    values = {name: setting.value for name, setting in given.items() if name in own}
    if not str(values.get("kafka", "")).strip():
        values.pop("kafka", None)
    settings, faults = None, []
    try:
        settings = kind.model_validate(values)
    except ValidationError as error:
        faults += [name_fault(entry, "") for entry in error.errors()]
    if "kafka" in values:
        try:
            faults += connection_faults(find_connection(str(values["kafka"]), values))
        except SettingsFaultsError as error:
            faults += error.faults
    return settings, faults


def _from_file(path: Path, names: Mapping[str, object]) -> dict[str, Given]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsFaultsError(
            [f"settings {path}: {(error.strerror or str(error)).lower()}; check --config"]
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsFaultsError([f"settings {path} is no TOML: {str(error).lower()}; mend it there"]) from error
    if unknown := sorted(set(content) - set(names)):
        raise SettingsFaultsError(
            [f"settings {path}: {name} is no setting; see faultline config show" for name in unknown]
        )
    return {name: Given(value, str(path)) for name, value in content.items()}
