"""An OPC UA server that others wrote: open62541, in C, in a process of its own, without alarms.

`FAULTLINE_OPEN62541` names a folder that its sources (1.5.7) were installed into, built with CMake and
`-DUA_ENABLE_ENCRYPTION=OPENSSL -DBUILD_SHARED_LIBS=OFF -DCMAKE_INSTALL_PREFIX=<folder>`, half a minute; without it the
tests leave this server out.
"""

from __future__ import annotations

import os
import subprocess
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, ClassVar

from adapters.process.user_cache import user_cache
from scripts.kafka.jars import locked
from scripts.kafka.ports import free_ports
from tests.peers.opcua_server import OpcUaServer

SOURCE = Path(__file__).with_name("open62541") / "server.c"
VARIABLE = "FAULTLINE_OPEN62541"
GIVEN = VARIABLE in os.environ
"""Only then is it among the servers of tests: CI does not build it."""


class Open62541Server(OpcUaServer):
    """It can be told to set values."""

    command: ClassVar[list[str]] = []

    def __init__(self, **options: Any) -> None:
        super().__init__(free_ports(1)[0], **options)

    def start(self) -> Open62541Server:
        self.command = [str(install())]  # type: ignore[misc] # of this one alone
        super().start()
        return self

    def arguments(self) -> list[str]:
        given = self.options
        secured = [str(given.get(name, "-")) for name in ("certificate", "key")]
        uri = given.get("uri", "urn:utility:server")
        return [str(self.port), uri, *secured, str(int(given.get("users", False))), *given.get("nodes", ())]

    def tell(self, **command: Any) -> dict[str, Any]:
        assert set(command) == {"set"}, "it can do nothing else"
        for one in command["set"]:
            self.write(f"set {one['name']} {int(one['value'])} {one.get('source', 0)} {one.get('status', 0)}")
        return {}


@cache
def install() -> Path:
    """Compile our server against it with `cc`, once for each of its versions."""
    given = os.environ[VARIABLE]
    library = Path(given) / "lib" / "libopen62541.a"
    made_of = blake2b(SOURCE.read_bytes() + library.read_bytes(), digest_size=4)
    program = user_cache() / "open62541" / made_of.hexdigest()
    program.parent.mkdir(parents=True, exist_ok=True)
    with locked(program.parent / ".lock"):
        if not program.exists():
            new = program.with_suffix(".new")
            command = ["cc", "-O1", f"-I{given}/include", str(SOURCE), str(library), "-lssl", "-lcrypto", "-lm"]
            subprocess.run([*command, "-o", str(new)], check=True, capture_output=True, timeout=300)
            new.rename(program)
    return program
