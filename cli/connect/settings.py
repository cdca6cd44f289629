"""A connector's settings from its file, checked as a whole with the mapping and the network."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from pydantic import ValidationError

from adapters.connectors.settings import ConnectorSettings
from adapters.gateways.settings import GatewaySettings, gateway_faults
from adapters.network.load import load_network
from adapters.opcua.node_ids import node_id_fault
from adapters.opcua.settings import OpcUaSettings, settings_faults
from adapters.tables.points import read_points
from dataflows.service.given_settings import check_broker_settings, find_settings
from dataflows.service.settings import KAFKA_SETTINGS, BrokerSettings, SettingsFaultsError
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from models.telemetry.points import Point

_BROKER: Final = ("kafka", "topic_prefix", "embedded", *KAFKA_SETTINGS)
Found = TypeVar("Found")
Settings = TypeVar("Settings", OpcUaSettings, GatewaySettings)


@dataclass(frozen=True, slots=True)
class Prepared(Generic[Settings]):
    """All that a connector runs with."""

    settings: Settings
    points: list[Point]
    broker: BrokerSettings | None = field(default=None)
    """None where nobody will write."""


def prepare_opcua(path: Path, *, broker: bool = True) -> Prepared[OpcUaSettings]:
    """Read and check everything. Raises `FaultsError` with all that is wrong.

    The broker may also come from the environment, as with every other command.
    """

    def points(settings: OpcUaSettings, faults: list[str]) -> list[Point]:
        faults += settings_faults(settings)
        names = [endpoint.name for endpoint in settings.endpoints]
        return _found(faults, lambda: _points(settings, names, node_id_fault)) or []

    return _prepare(path, OpcUaSettings, points, broker=broker)


def is_gateway(path: Path) -> bool:
    """Whether a file of settings is of gateways: their endpoints say of which kind they are. Raises `FaultsError`."""
    endpoints = _read(path).get("endpoints")
    return isinstance(endpoints, list) and any("kind" in each for each in endpoints if isinstance(each, dict))


def prepare_gateway(path: Path, *, broker: bool = True) -> Prepared[GatewaySettings]:
    """Read and check everything for gateways, as `prepare_opcua` does."""

    def points(settings: GatewaySettings, faults: list[str]) -> list[Point]:
        faults += gateway_faults(settings)
        names = [endpoint.name for endpoint in settings.endpoints]
        by_uri = all(endpoint.kind == "opcua-web-api" for endpoint in settings.endpoints)
        fault = node_id_fault if by_uri else lambda _: None
        found = _found(faults, lambda: _points(settings, names, fault)) or []
        if alarms := sum(point.kind == "alarm" for point in found):
            faults.append(f"{settings.mapping}: {alarms} points are alarms, which no gateway brings; leave them out")
        return found

    return _prepare(path, GatewaySettings, points, broker=broker)


def _prepare(
    path: Path,
    kind: type[Settings],
    find_points: Callable[[Settings, list[str]], list[Point]],
    *,
    broker: bool,
) -> Prepared[Settings]:
    content = _read(path)
    faults: list[str] = []
    given = {name: content.pop(name) for name in _BROKER if name in content}
    found = _found(faults, lambda: check_broker_settings(find_settings(given))) if broker else None
    settings = _found(faults, lambda: _settings(path, kind, content))
    points = [] if settings is None else find_points(settings, faults)
    if faults or settings is None:
        raise FaultsError(faults)
    return Prepared(settings, points, found)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise FaultsError([f"settings {path}: {(error.strerror or str(error)).lower()}; check --config"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FaultsError([f"settings {path} is no TOML: {str(error).lower()}; mend it there"]) from error


def _settings(path: Path, kind: type[Settings], content: dict[str, Any]) -> Settings:
    try:
        return kind.model_validate(content)
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


def _points(
    settings: ConnectorSettings, endpoints: Sequence[str], node_fault: Callable[[str], str | None]
) -> list[Point]:
    return read_points(settings.mapping, load_network(settings.network), endpoints, node_fault)


def _found(faults: list[str], find: Callable[[], Found]) -> Found | None:
    try:
        return find()
    except FaultsError as error:
        faults += error.faults
        return None
