"""The devices of a network as an OPC UA server: positions as double points, alarms as conditions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from asyncua import Server, ua

from models.telemetry.readings import DOUBLE_POINT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from models.contracts.inputs.scada import ScadaEvent

NAMESPACE: Final = "urn:faultline:simulated"
COLUMNS: Final = ("endpoint", "node_id", "device_id", "kind", "reads")
_STATUS: Final = {"good": 0, "uncertain": 0x4000_0000, "bad": 0x8000_0000}
_CODE: Final = {position: code for code, position in enumerate(DOUBLE_POINT)}
_CLOSED: Final = _CODE["closed"]
_IN_FOLDER: Final = 250
"""The library looks through a whole folder for each node that it adds to it."""


class SimulatedServer:
    """A server on one address, open to all who reach it: it has nothing to hide and nothing to lose."""

    def __init__(self) -> None:
        self._server: Any = Server()
        self._index = 0
        self._alarms: dict[str, Any] = {}

    async def start(self, url: str, devices: Iterable[str], since_ms: int) -> str:
        """Serve the devices, all closed since a moment; returns the address, with the port that the system chose for 0.

        The moment lies before all that will be played: a state is never newer than what follows it.
        """
        self._server.iserver.bind_condition_methods = True
        await self._server.init()
        self._server.set_endpoint(url)
        self._server.set_server_name("Faultline simulated SCADA")
        self._server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        self._index = await self._server.register_namespace(NAMESPACE)
        objects, since = self._server.get_objects_node(), datetime.fromtimestamp(since_ms / 1000, UTC)
        for place, device in enumerate(devices):
            node_id = self._position(device)
            if place % _IN_FOLDER == 0:
                folder = await objects.add_object(self._index, f"devices from {place}")
            await folder.add_variable(node_id, f"{device} position", _CLOSED, ua.VariantType.Byte)
            await self._write(device, _CLOSED, 0, since)
        await self._server.start()
        port = self._server.bserver._server.sockets[0].getsockname()[1]  # noqa: SLF001 (nothing else tells it)
        return f"opc.tcp://{urlsplit(url).hostname}:{port}"

    async def play(self, event: ScadaEvent, shift_ms: int = 0) -> bool:
        """Let an event of a storm happen, its time shifted; whether it is one that this server can show."""
        at = datetime.fromtimestamp((event.observed_at + shift_ms) / 1000, UTC)
        if event.kind == "position" and event.position is not None:
            await self._write(event.device_id, _CODE[event.position], _STATUS[event.quality], at)
            return True
        if event.kind == "alarm":
            await self._alarm(event, at)
            return True
        return False

    async def stop(self) -> None:
        """Stop serving."""
        await self._server.stop()

    async def _write(self, device: str, code: int, status: int, at: datetime) -> None:
        value = ua.DataValue(
            ua.Variant(code, ua.VariantType.Byte),
            ua.StatusCode(status),
            SourceTimestamp=at,
            ServerTimestamp=datetime.now(UTC),  # noqa: TID251 (a server's own time)
        )
        await self._server.write_attribute_value(self._position(device), value)

    async def _alarm(self, event: ScadaEvent, at: datetime) -> None:
        name = f"{event.device_id}.{event.condition_type or 'alarm'}"
        generator = self._alarms.get(name)
        if generator is None:
            generator = self._alarms[name] = await self._server.get_event_generator(ua.ObjectIds.AlarmConditionType)
            generator.event.NodeId = ua.NodeId(name, self._index)
            generator.event.ConditionName = name
            generator.event.SourceNode = self._position(event.device_id)
            for field in ("ActiveState/Id", "AckedState/Id"):
                generator.event.add_property(field, False, ua.VariantType.Boolean)  # noqa: FBT003 (its first value)
        told = generator.event
        told.Severity, told.Retain = event.severity or 500, bool(event.active)
        setattr(told, "ActiveState/Id", bool(event.active))
        setattr(told, "AckedState/Id", bool(event.acknowledged))
        await generator.trigger(at, message=event.message or name)

    def _position(self, device: str) -> Any:  # noqa: ANN401 (the library's)
        return ua.NodeId(f"{device}.position", self._index)


def mapping_rows(endpoint: str, devices: Sequence[str]) -> list[tuple[str, ...]]:
    """Give the mapping of the devices: the column names, then the position of each."""
    rows: list[tuple[str, ...]] = [COLUMNS]
    for device in devices:
        rows += [(endpoint, node_of(device), device, "position", "double_point")]
    return rows


def node_of(device: str) -> str:
    """Give the node of a device's position, as a mapping names it."""
    return f"nsu={NAMESPACE};s={device}.position"
