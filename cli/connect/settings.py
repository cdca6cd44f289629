"""A connector's settings from its file, checked as a whole with the mapping and the network."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import ValidationError

from adapters.network.load import load_network
from adapters.opcua.node_ids import node_id_fault
from adapters.opcua.settings import OpcUaSettings, settings_faults
from adapters.tables.points import read_points
from dataflows.service.given_settings import check_broker_settings, find_settings
from dataflows.service.settings import KAFKA_SETTINGS, BrokerSettings, SettingsFaultsError
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from models.telemetry.points import Point

_BROKER: Final = ("kafka", "topic_prefix", "embedded", *KAFKA_SETTINGS)
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that a connector runs with."""

    settings: OpcUaSettings
    broker: BrokerSettings | None
    """None where nobody will write."""
    points: list[Point]


def prepare_opcua(path: Path, *, broker: bool = True) -> Prepared:
    """Read and check everything. Raises `FaultsError` with all that is wrong.

    The broker may also come from the environment, as with every other command.
    """
    content = _read(path)
    faults: list[str] = []
    given = {name: content.pop(name) for name in _BROKER if name in content}
    found = _found(faults, lambda: check_broker_settings(find_settings(given))) if broker else None
    settings = _found(faults, lambda: _settings(path, content))
    points: list[Point] = []
    if settings is not None:
        faults += settings_faults(settings)
        points = _found(faults, lambda: _points(settings)) or []
    if faults or settings is None:
        raise FaultsError(faults)
    return Prepared(settings, found, points)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise FaultsError([f"settings {path}: {(error.strerror or str(error)).lower()}; check --config"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FaultsError([f"settings {path} is no TOML: {str(error).lower()}; mend it there"]) from error


def _settings(path: Path, content: dict[str, Any]) -> OpcUaSettings:
    try:
        return OpcUaSettings.model_validate(content)
    except ValidationError as error:
        raise SettingsFaultsError([_fault(path, entry) for entry in error.errors()]) from error


def _fault(path: Path, entry: Any) -> str:  # noqa: ANN401 (pydantic's)
    name = ".".join(map(str, entry["loc"]))
    if entry["type"] == "missing":
        return f"settings {path}: {name} is missing; give it there"
    if entry["type"] == "extra_forbidden":
        return f"settings {path}: {name} is no setting of a connector; see docs/connectors.md"
    message = entry["msg"]
    return f"settings {path}: {name}: {message[:1].lower()}{message[1:]}; correct it there"


def _points(settings: OpcUaSettings) -> list[Point]:
    network = load_network(settings.network)
    endpoints = {endpoint.name for endpoint in settings.endpoints}
    return read_points(settings.mapping, network, endpoints, node_id_fault)


def _found(faults: list[str], find: Callable[[], Found]) -> Found | None:
    try:
        return find()
    except FaultsError as error:
        faults += error.faults
        return None
