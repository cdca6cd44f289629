"""A server with many points that change at a pace, in a process of its own: `python -m benchmarks.opcua.server JSON`.

Each change bears the time at which it is written. It prints its address, and at the end of a run what it has written.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import UTC, datetime

from asyncua import Server, ua

NAMESPACE = "urn:faultline:benchmark"
STEP = 0.02
IN_FOLDER = 250
"""A server looks through a whole folder for each node that it adds to it."""


def node_name(number: int) -> str:
    return f"n{number}"


async def serve(nodes: int) -> None:
    server = Server()
    await server.init()
    server.set_endpoint("opc.tcp://127.0.0.1:0")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    index = await server.register_namespace(NAMESPACE)
    ids = [ua.NodeId(node_name(number), index) for number in range(nodes)]
    for place, node_id in enumerate(ids):
        if place % IN_FOLDER == 0:
            parent = await server.get_objects_node().add_object(index, f"folder {place}")
        await parent.add_variable(node_id, str(node_id.Identifier), False, ua.VariantType.Boolean)  # noqa: FBT003
    await server.start()
    port = server.bserver._server.sockets[0].getsockname()[1]  # noqa: SLF001 (nothing else tells it)
    print(json.dumps({"url": f"opc.tcp://127.0.0.1:{port}"}), flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        began = time.process_time()
        written = await change(server, ids, **json.loads(line))
        print(json.dumps({"written": written, "cpu": round(time.process_time() - began, 2)}), flush=True)


async def change(server: Server, ids: list[ua.NodeId], rate: float = 0, seconds: float = 0, burst: int = 0) -> int:
    """Change points in turn, so many a second; or a burst of points, each once, as fast as it goes."""
    if burst:
        for node_id in ids[:burst]:
            await write(server, node_id)
        return len(ids[:burst])
    begun, written = time.monotonic(), 0
    while (passed := time.monotonic() - begun) < seconds:
        for _ in range(int(passed * rate) - written):
            await write(server, ids[written % len(ids)])
            written += 1
        await asyncio.sleep(STEP)
    return written


async def write(server: Server, node_id: ua.NodeId) -> None:
    """Write the other value, at the time that it is."""
    now, before = datetime.now(UTC), server.read_attribute_value(node_id).Value.Value
    value = ua.DataValue(ua.Variant(not before, ua.VariantType.Boolean), SourceTimestamp=now, ServerTimestamp=now)
    await server.write_attribute_value(node_id, value)


if __name__ == "__main__":
    asyncio.run(serve(**json.loads(sys.argv[1])))
