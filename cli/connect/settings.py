"""A connector's settings from its file, checked as a whole with the mapping and the network."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from adapters.connectors.settings import ConnectorSettings
from adapters.gateways.settings import GatewaySettings, gateway_faults
from adapters.network.load import load_network
from adapters.one_way.settings import OneWaySettings, ReceiverSettings, folder_faults, key_faults
from adapters.opcua.node_ids import node_id_fault
from adapters.opcua.settings import OpcUaSettings, settings_faults
from adapters.process.http_port import parse_address
from adapters.sending.settings import SendingSettings, SmtpSettings
from adapters.sending.smtp import Smtp
from adapters.sending.webhook import Webhook
from adapters.tables.points import read_points
from dataflows.service.given_settings import check_broker_settings, find_settings
from dataflows.service.settings import KAFKA_SETTINGS, BrokerSettings, SettingsFaultsError
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from adapters.sending.sender import Way
    from models.telemetry.points import Point

_BROKER: Final = ("kafka", "topic_prefix", "embedded", *KAFKA_SETTINGS)
Found = TypeVar("Found")
Model = TypeVar("Model", bound=BaseModel)
Settings = TypeVar("Settings", OpcUaSettings, GatewaySettings, ReceiverSettings, SendingSettings)
_ONE_WAY: Final = "one_way"


@dataclass(frozen=True, slots=True)
class Prepared(Generic[Settings]):
    """All that a connector runs with."""

    settings: Settings
    points: list[Point]
    broker: BrokerSettings | None = field(default=None)
    """None where nobody will write there."""
    one_way: OneWaySettings | None = field(default=None)
    """In place of a broker, the way that leads out only."""


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
        silent = {one.name for one in settings.endpoints if not one.publish}
        if alarms := sum(point.kind == "alarm" and point.endpoint in silent for point in found):
            why = "which come by a Web API that is subscribed to only; set publish = true, or leave them out"
            faults.append(f"{settings.mapping}: {alarms} points are alarms, {why}")
        return found

    return _prepare(path, GatewaySettings, points, broker=broker)


def prepare_receiver(path: Path) -> Prepared[ReceiverSettings]:
    """Read and check everything for the receiver of a one-way link, as `prepare_opcua` does."""

    def check(settings: ReceiverSettings, faults: list[str]) -> list[Point]:
        faults += key_faults(settings.key_files) + folder_faults(settings)
        return []

    return _prepare(path, ReceiverSettings, check, broker=True)


def prepare_sending(path: Path) -> tuple[SendingSettings, dict[str, Way], BrokerSettings]:
    """Read and check everything for who sends notifications: settings, how each channel is sent, the broker."""
    content = _read(path)
    faults: list[str] = []
    given = {name: content.pop(name) for name in _BROKER if name in content}
    broker = _found(faults, lambda: check_broker_settings(find_settings(given)))
    settings, ways = _channels(path, content, faults)
    if faults or settings is None or broker is None:
        raise FaultsError(faults)
    return settings, ways, broker


def find_ways(path: Path) -> dict[str, Way]:
    """Give how each channel of a file is sent, none for a file of other settings. Raises `FaultsError`."""
    content = _read(path)
    if "channels" not in content:
        return {}
    faults: list[str] = []
    _, ways = _channels(path, {name: value for name, value in content.items() if name not in _BROKER}, faults)
    if faults:
        raise FaultsError(faults)
    return ways


def _channels(path: Path, content: dict[str, Any], faults: list[str]) -> tuple[SendingSettings | None, dict[str, Way]]:
    settings = _found(faults, lambda: _settings(path, SendingSettings, content))
    ways: dict[str, Way] = {}
    for one in settings.channels if settings is not None else ():
        try:
            ways[one.channel] = Smtp(one) if isinstance(one, SmtpSettings) else Webhook(one)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            faults.append(
                f"settings {path}: channel {one.channel}: its secret or authorities: {reason}; correct it there"
            )
    return settings, ways


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
    way, one_way = content.pop(_ONE_WAY, None), None
    if way is not None:
        one_way = _found(faults, lambda: _settings(path, OneWaySettings, way, "one_way."))
        if broker:
            faults.append(f"settings {path}: one_way leads out without a broker; run faultline connect send with it")
    settings = _found(faults, lambda: _settings(path, kind, content))
    if settings is not None and (listen := settings.listen):
        _found(faults, lambda: parse_address(listen))
    points = [] if settings is None else find_points(settings, faults)
    if one_way is not None:
        faults += key_faults([one_way.key_file]) + folder_faults(one_way)
    if faults or settings is None:
        raise FaultsError(faults)
    return Prepared(settings, points, found, one_way)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise FaultsError([f"settings {path}: {(error.strerror or str(error)).lower()}; check --config"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FaultsError([f"settings {path} is no TOML: {str(error).lower()}; mend it there"]) from error


def _settings(path: Path, kind: type[Model], content: object, within: str = "") -> Model:
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise SettingsFaultsError([_fault(path, entry, within) for entry in error.errors()]) from error


def _fault(path: Path, entry: Any, within: str) -> str:  # noqa: ANN401 (pydantic's)
    name = within + ".".join(map(str, entry["loc"]))
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
