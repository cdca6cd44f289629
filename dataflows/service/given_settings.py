"""Settings from options, environment variables and a file, each with where it came from."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from pydantic import ValidationError

from adapters.kafka.connection.connection import Connection, shown_value
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
_PLACEMENT: Final = ("process", "processes")
Broker = TypeVar("Broker", bound=BrokerSettings)
Service = TypeVar("Service", bound=ServiceSettings)


@dataclass(frozen=True, slots=True)
class Given:
    """A setting as it was given, and where."""

    value: Any
    source: str

    def shown(self, name: str) -> str:
        """Give the value for people; secrets stand in files, and only their names are values."""
        value = self.value.value if isinstance(self.value, Enum) else self.value
        return shown_value(name.removeprefix("kafka_"), value) if name.startswith("kafka_") else str(value)


def all_settings() -> dict[str, FieldInfo]:
    """Give all settings of all flows by name; the same one of two flows is one, required if one of them wants it."""
    fields: dict[str, FieldInfo] = {}
    for flow in find_flows().values():
        own = flow.settings.model_fields.items()
        fields |= {name: field for name, field in own if name not in fields or field.is_required()}
    return fields | {name: Connection.model_fields[name.removeprefix("kafka_")] for name in KAFKA_SETTINGS}


def find_settings(options: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> dict[str, Given]:
    """Give each setting that is given: an option wins over a variable, and that over the file.

    Raises `SettingsFaultsError` for a file that cannot be read, and for names that are no settings.
    """
    given, faults = gather_settings(options, environment)
    if faults:
        raise SettingsFaultsError(faults)
    return given


def gather_settings(
    options: Mapping[str, Any], environment: Mapping[str, str] = os.environ
) -> tuple[dict[str, Given], list[str]]:
    """Give each setting that is given, and what is wrong with the file."""
    names = all_settings()
    file = options.get("config") or environment.get(CONFIG)
    given, faults = _from_file(Path(file), names) if file else ({}, [])
    given |= {
        name: Given(environment[variable], variable)
        for name in names
        if (variable := VARIABLES + name.upper()) in environment
    }
    chosen = {name: value for name, value in options.items() if value is not None and name in names}
    return given | {name: Given(value, f"--{name.replace('_', '-')}") for name, value in chosen.items()}, faults


@dataclass(frozen=True, slots=True)
class Checked(Generic[Broker]):
    """What a check of settings came to."""

    settings: Broker | None
    """None where they cannot be made."""
    faults: list[str]
    wrong: frozenset[str]
    """Names of settings that are missing or have a value that no setting of their kind has."""


def check_settings(kind: type[Service], given: Mapping[str, Given]) -> Service:
    """Check the settings of a flow as a whole; raises `SettingsFaultsError` with every fault."""
    return _without_fault(check_given(kind, given))


def check_given(kind: type[Service], given: Mapping[str, Given]) -> Checked[Service]:
    """Check the settings of a flow as a whole."""
    checked = _check(kind, given)
    return replace(checked, faults=checked.faults + _placement_faults(given))


def check_broker_settings(given: Mapping[str, Given]) -> BrokerSettings:
    """Check the settings that any command needs; raises `SettingsFaultsError` with every fault."""
    return _without_fault(_check(BrokerSettings, given))


def load_settings(kind: type[Service], options: Mapping[str, Any] | None = None) -> Service:
    """Find and check the settings of a flow."""
    return check_settings(kind, find_settings(options or {}))


def _without_fault(checked: Checked[Broker]) -> Broker:
    if checked.settings is None or checked.faults:
        raise SettingsFaultsError(checked.faults)
    return checked.settings


def _check(kind: type[Broker], given: Mapping[str, Given]) -> Checked[Broker]:
    """Check settings one by one, and the connection."""
    own = {*kind.model_fields, *KAFKA_SETTINGS}
    values = {name: setting.value for name, setting in given.items() if name in own}
    shown = {name: f" = {setting.shown(name)!r} ({setting.source})" for name, setting in given.items()}
    if not str(values.get("kafka", "")).strip():
        values.pop("kafka", None)
    settings, faults, wrong = None, [], frozenset[str]()
    try:
        settings = kind.model_validate(values)
    except ValidationError as error:
        faults += [name_fault(entry, shown=shown) for entry in error.errors()]
        wrong = frozenset(str(entry["loc"][0]) for entry in error.errors() if entry["loc"])
    if "kafka" in values:
        try:
            faults += connection_faults(find_connection(str(values["kafka"]), values, shown))
        except SettingsFaultsError as error:
            faults += error.faults
    return Checked(settings, faults, wrong)


def _placement_faults(given: Mapping[str, Given]) -> list[str]:
    try:
        process, processes = (int(given[name].value) if name in given else n for n, name in enumerate(_PLACEMENT))
    except (TypeError, ValueError):
        return []  # told already
    if process < processes or processes < 1:
        return []
    sources = " and ".join(sorted({given[name].source for name in _PLACEMENT if name in given}))
    which = f"process {process} of {processes} ({sources})"
    return [f"{which}: processes count from 0; give --process below --processes"]


def _from_file(path: Path, names: Mapping[str, object]) -> tuple[dict[str, Given], list[str]]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        return {}, [f"settings {path}: {(error.strerror or str(error)).lower()}; check --config"]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return {}, [f"settings {path} is no TOML: {str(error).lower()}; mend it there"]
    faults = [
        f"settings {path}: {name} is no setting{_near(name, names)}; see faultline config show"
        for name in sorted(set(content) - set(names))
    ]
    return {name: Given(value, str(path)) for name, value in content.items() if name in names}, faults


def _near(name: str, names: Mapping[str, object]) -> str:
    near = get_close_matches(name, names, 1)
    return f", did you mean {near[0]}?" if near else ""
