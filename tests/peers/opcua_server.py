"""An OPC UA server of another make (asyncua's) in a process of its own, so that it can be killed.

It takes a JSON object a line and answers each with a line: see `Commands`. `OpcUaServer` is the test's end of it.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from asyncua import Server, ua
from asyncua.crypto.permission_rules import SimpleRoleRuleset
from asyncua.crypto.security_policies import SecurityPolicyNone
from asyncua.crypto.truststore import TrustStore
from asyncua.crypto.validator import CertificateValidator, CertificateValidatorOptions
from asyncua.server.user_managers import User, UserManager, UserRole

from tests.worlds.storms import HOME

NAMESPACE = "urn:utility:ems"
POLICIES = {
    "None": ua.SecurityPolicyType.NoSecurity,
    "Basic256Sha256": ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
    "Aes128_Sha256_RsaOaep": ua.SecurityPolicyType.Aes128Sha256RsaOaep_SignAndEncrypt,
    "Basic256Sha256 Sign": ua.SecurityPolicyType.Basic256Sha256_Sign,
    "Aes256_Sha256_RsaPss": ua.SecurityPolicyType.Aes256Sha256RsaPss_SignAndEncrypt,
}
PASSWORD = "correct horse"
TOKENS = ua.UserNameIdentityToken, ua.X509IdentityToken


def node_id(name: str) -> str:
    """How the mapping names a node of the server."""
    return f"nsu={NAMESPACE};s={name}"


class OpcUaServer:
    """The test's end: starts the server's process, tells it what to do, kills it."""

    command: ClassVar[list[str]] = [sys.executable, "-m", "tests.peers.opcua_server"]
    environment: ClassVar[dict[str, str]] = {}

    def __init__(self, port: int = 0, **options: Any) -> None:
        """Options are those of `_serve`, taken at each start.

        The port is chosen by the system where it is 0, and kept after a restart.
        """
        self.port, self.options = port, options
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"opc.tcp://127.0.0.1:{self.port}"

    def start(self) -> OpcUaServer:
        command, pipe = [*self.command, *self.arguments()], subprocess.PIPE
        self._process = subprocess.Popen(
            command, cwd=HOME, env=os.environ | self.environment, stdin=pipe, stdout=pipe, text=True
        )
        answer = self._answer()
        self.port = answer["port"]
        return self

    def arguments(self) -> list[str]:
        """How the port and the options are told to the program."""
        return [json.dumps({"port": self.port, **self.options}, default=str)]

    def tell(self, **command: Any) -> dict[str, Any]:
        """Give a command, and wait until it is done."""
        return self.write(json.dumps(command))

    def write(self, line: str) -> dict[str, Any]:
        """Give it a line, and read its answer."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._answer()

    def put(self, name: str, value: Any, **rest: Any) -> None:
        """Set a node's value: `status` an integer, `source` milliseconds or "none", `server` the same."""
        self.tell(set=[{"name": name, "value": value, **rest}])

    def freeze(self) -> None:
        """Let it hang: connections stand, and nothing moves."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
            self._process = None

    def _answer(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        while line and not line.startswith("{"):  # a library may write there too
            line = self._process.stdout.readline()
        assert line, "the OPC UA server has ended"
        answer: dict[str, Any] = json.loads(line)
        assert "error" not in answer, answer
        return answer


class _Users(UserManager):  # type: ignore[misc] # the library is not typed here
    def __init__(self, certificate: str | None) -> None:
        """Know one user by a password, or in its place by a certificate."""
        self.certificate = None if certificate is None else Path(certificate).read_bytes()

    def get_user(
        self, _server: Any, username: Any = None, password: Any = None, certificate: Any = None, **_: Any
    ) -> Any:
        known = username == "operator" and password == PASSWORD
        if self.certificate is not None:
            known = certificate == self.certificate
        return User(role=UserRole.User, name=username) if known else None


class Commands:
    """What the server can be told."""

    def __init__(self, server: Server, index: int) -> None:
        self.server, self.index = server, index
        self.alarms: dict[str, Any] = {}

    async def set(self, values: list[dict[str, Any]]) -> None:
        """Write values, in order."""
        for one in values:
            node = self.server.get_node(ua.NodeId(one["name"], self.index))
            value = ua.DataValue(
                ua.Variant(one["value"], getattr(ua.VariantType, one["type"]) if "type" in one else None),
                ua.StatusCode(one.get("status", 0)),
                SourceTimestamp=_moment(one.get("source")),
                ServerTimestamp=_moment(one.get("server")),
            )
            await self.server.write_attribute_value(node.nodeid, value)

    async def level(self, level: int) -> None:
        """Set the ServiceLevel."""
        await self._standard(ua.ObjectIds.Server_ServiceLevel, ua.Variant(level, ua.VariantType.Byte))

    async def add(self, name: str) -> None:
        """Add a node."""
        await add_node(self.server, self.index, name)

    async def remove(self, name: str) -> None:
        """Remove a node."""
        await self.server.get_node(ua.NodeId(name, self.index)).delete()

    async def alarm(self, name: str, **state: Any) -> None:
        """Send an event of a condition: `source` is the node that it is about, `at` its time in milliseconds."""
        generator = self.alarms.get(name)
        if generator is None:
            generator = self.alarms[name] = await self.server.get_event_generator(ua.ObjectIds.AlarmConditionType)
            generator.event.NodeId = ua.NodeId(name, self.index)
            generator.event.ConditionName = name
            generator.event.SourceNode = ua.NodeId(state["about"], self.index)
            for field in ("ActiveState/Id", "AckedState/Id", "ConfirmedState/Id", "EnabledState/Id"):
                generator.event.add_property(field, field == "EnabledState/Id", ua.VariantType.Boolean)
        event, at = generator.event, state.pop("at", None)
        state.pop("about", None)
        names = {"active": "ActiveState/Id", "acked": "AckedState/Id", "retain": "Retain", "severity": "Severity"}
        names["shelved"] = "SuppressedOrShelved"
        for field, value in state.items():
            setattr(event, names[field], value)
        await generator.trigger(_moment(at), message=f"alarm {name}")

    async def flood(self, count: int, name: str) -> None:
        """Send so many changes of one condition."""
        for number in range(count):
            await self.alarm(name, severity=1 + number % 1000, active=True, retain=True)

    async def burst(self, names: list[str], changes: int) -> None:
        """Change so many times each node, one after the other."""
        for number in range(changes):
            await self.set([{"name": name, "value": number % 2 == 0} for name in names])

    async def _standard(self, node: int, value: ua.Variant) -> None:
        now = datetime.now(UTC)
        await self.server.write_attribute_value(ua.NodeId(node), ua.DataValue(value, SourceTimestamp=now))


def _moment(at: Any) -> Any:
    if at == "none":
        return None
    return datetime.now(UTC) if at is None else datetime.fromtimestamp(at / 1000, UTC)


async def add_node(server: Server, index: int, name: str) -> Any:
    """Add a truth value, open; or with "name:Type" a value of another type."""
    name, _, kind = name.partition(":")
    value = {"": False, "String": "a text"}.get(kind, 0)
    kinds = getattr(ua.VariantType, kind or "Boolean")
    return await server.get_objects_node().add_variable(ua.NodeId(name, index), name, value, kinds)


def _ask_for_bare_passwords(server: Server) -> None:
    for endpoint in server.iserver.endpoints:
        for token in endpoint.UserIdentityTokens:
            token.SecurityPolicyUri = SecurityPolicyNone.URI


def _distrust(server: Server, folder: Path) -> None:
    nobody = TrustStore([folder / "nobody"], [])
    server.set_certificate_validator(CertificateValidator(CertificateValidatorOptions.TRUSTED, nobody).validate)


async def _serve(
    port: int,
    nodes: list[str],
    policies: list[str] | None = None,
    certificate: str | None = None,
    key: str | None = None,
    users: bool = False,
    history: bool = False,
    before: list[str] | None = None,
    strict: bool = False,
    refresh: bool = True,
    uri: str = "urn:utility:server",
    clear: bool = False,
    user_certificate: str | None = None,
) -> None:
    """Serve until the input ends; `before` are namespaces that come before ours; `clear` asks for bare
    passwords, `strict` trusts nobody.
    """
    server = Server(user_manager=_Users(user_certificate) if users else None)
    server.iserver.bind_condition_methods = refresh
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}")
    await server.set_application_uri(uri)
    server.set_security_policy([POLICIES[name] for name in policies or ["None"]], SimpleRoleRuleset())
    if certificate and key:
        await server.load_certificate(Path(certificate))
        await server.load_private_key(Path(key))
    if users:
        server.set_identity_tokens([TOKENS[user_certificate is not None]])
    if strict:
        _distrust(server, Path(certificate or "").parent)
    for namespace in before or []:
        await server.register_namespace(namespace)
    index = await server.register_namespace(NAMESPACE)
    added = [await add_node(server, index, name) for name in nodes]
    await server.start()
    if clear:
        _ask_for_bare_passwords(server)
    if history:
        await server.historize_node_data_change(added, count=0)
    commands = Commands(server, index)
    bound = server.bserver._server.sockets[0].getsockname()[1]  # noqa: SLF001 (no other way to learn the port)
    print(json.dumps({"port": bound}), flush=True)  # noqa: T201 (the answer)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        answer: dict[str, Any] = {}
        for name, given in json.loads(line).items():
            try:
                handle = getattr(commands, name)
                await (handle(**given) if isinstance(given, dict) else handle(given))
            except Exception as error:  # noqa: BLE001 (the test has to see it)
                answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)  # noqa: T201 (the answer)


if __name__ == "__main__":
    gc.disable()  # a third of a server's start would go into looking for garbage in the standard's thousands of nodes
    asyncio.run(_serve(**json.loads(sys.argv[1])))
