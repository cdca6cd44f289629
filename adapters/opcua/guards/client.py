"""The library's client, held to what we take: no message without bound, no password in the clear, sane namespaces."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from asyncua import Client, ua
from asyncua.client.ua_client import UaClient, UASocketProtocol
from asyncua.common.shortcuts import Shortcuts

from adapters.opcua.node_ids import OPC_UA

MOST_BYTES: Final = 16 << 20
"""Of one message, in however many parts."""
MOST_NAMESPACES: Final = 10_000
_NO_POLICY: Final = ("", None, "http://opcfoundation.org/UA/SecurityPolicy#None")


class RefusedError(Exception):
    """A server that we do not talk to, or that does not talk to us: words for an operator."""


class BoundedProtocol(UASocketProtocol):  # type: ignore[misc] # the library's
    """The library takes the server's bounds for its own, and collects a part of any size before it looks at that."""

    receive_buffer: bytes | None

    def data_received(self, data: bytes) -> None:
        """Take what came; who announces a part that is larger than any message may be is hung up on."""
        if len(self.receive_buffer or b"") > MOST_BYTES:
            self.receive_buffer = None
            self._fail_all_pending(ua.UaStatusCodeError(ua.StatusCodes.BadTcpMessageTooLarge))
            self.disconnect_socket()
            return
        super().data_received(data)

    def _process_received_message(self, msg: Any) -> None:  # noqa: ANN401 (the library's)
        """Hear a fault where a channel was asked for: that is how a server says that it does not trust us."""
        if isinstance(msg, ua.Message) and isinstance(msg.SecurityHeader(), ua.AsymmetricAlgorithmHeader):
            self.check_answer(msg.body(), " in response to OpenSecureChannelRequest")
        super()._process_received_message(msg)

    async def send_hello(self, url: str, max_messagesize: int = 0, max_chunkcount: int = 0) -> Any:  # noqa: ANN401
        """Say how much we take, and hold to it whatever the server answers: that is what it takes itself."""
        acknowledged = await super().send_hello(url, max_messagesize, max_chunkcount)
        limits = self._connection._limits  # noqa: SLF001 (nothing else sets them)
        limits.max_message_size, limits.max_chunk_count = MOST_BYTES, 0
        limits.max_recv_buffer, limits.max_send_buffer = acknowledged.SendBufferSize, acknowledged.ReceiveBufferSize
        return acknowledged


class _BoundedUaClient(UaClient):  # type: ignore[misc] # the library's
    def _make_protocol(self) -> UASocketProtocol:
        protocol = BoundedProtocol(self._timeout, security_policy=self.security_policy)
        protocol.pre_request_hook = self._pre_request_hook
        protocol.on_connection_lost = self._on_transport_lost
        protocol.is_session_closing = self._is_session_closing
        self.protocol = protocol
        return protocol


class GuardedClient(Client):  # type: ignore[misc] # the library's
    """A client that only talks to servers that keep to the rules."""

    def __init__(self, url: str, timeout: float) -> None:
        super().__init__(url, timeout=timeout, watchdog_intervall=timeout)
        self.uaclient = _BoundedUaClient(timeout)
        self.uaclient.pre_request_hook = self._wait_until_ready
        self.nodes = Shortcuts(self.uaclient.session)
        self.max_messagesize = MOST_BYTES

    def server_policy(self, token_type: ua.UserTokenType) -> ua.UserTokenPolicy:
        """Give how a user is told to the server. Raises `RefusedError` for a password that others could read."""
        policy = super().server_policy(token_type)
        clear = self.security_policy.Mode != ua.MessageSecurityMode.SignAndEncrypt
        if token_type == ua.UserTokenType.UserName and clear and policy.SecurityPolicyUri in _NO_POLICY:
            raise RefusedError(
                f"{self.server_url.geturl()}: wants the password in the clear; use security_mode SignAndEncrypt, "
                "or let it ask for an encrypted one"
            )
        return policy


def check_namespaces(url: str, namespaces: list[str]) -> None:
    """Look at a server's table of namespaces, by which all ids are read (OPC 10000-5, 6.3.1). Raises `RefusedError`."""
    if len(namespaces) > MOST_NAMESPACES:
        raise RefusedError(f"{url}: has {len(namespaces):,} namespaces; that is none that we know how to read")
    if namespaces[:1] != [OPC_UA]:
        first = namespaces[0][:100] if namespaces else "nothing"
        raise RefusedError(f"{url}: its namespaces begin with {first}, not with OPC UA's own; see who answers there")
    if twice := [name for name, times in Counter(filter(None, namespaces)).items() if times > 1]:
        raise RefusedError(
            f"{url}: names the namespace {twice[0][:100]} twice, so that ids could mean either; have it mended there"
        )
