"""Up to when a server has told everything: a gap begins there."""

from datetime import UTC, datetime, timedelta

import pytest
from asyncua import ua

from adapters.opcua.data_values import microseconds
from adapters.opcua.subscription import Subscription
from tests.peers.opcua_run import settings_of


@pytest.mark.parametrize(
    ("behind", "more", "moves"),
    [
        (timedelta(seconds=2), False, True),
        (timedelta(seconds=2), True, False),
        (timedelta(seconds=-30), False, True),
        (timedelta(days=400), False, True),
    ],
)
def test_what_is_known_ends_where_the_last_message_was_written(behind: timedelta, more: bool, moves: bool) -> None:
    """Not while more of the same waits; by our clock where the server's is ahead or says nothing."""
    (endpoint,) = settings_of("opc.tcp://127.0.0.1:4840").endpoints
    subscription = Subscription(endpoint, lambda _: None, lambda _: None)
    subscription.handled_us = begun = subscription.handled_us - 10_000_000
    written = datetime.now(UTC) - behind
    result = ua.PublishResult(MoreNotifications=more)
    result.NotificationMessage = ua.NotificationMessage(SequenceNumber=1, PublishTime=written)
    subscription._publish(result)  # noqa: SLF001 (what the library calls)
    near = subscription.heard_us if behind != timedelta(seconds=2) else microseconds(written)
    assert subscription.handled_us == (near if moves else begun)
