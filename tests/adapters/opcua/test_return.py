"""Coming back: after a kill, a cut, a stall, with another server; values, gaps and alarms are right each time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adapters.opcua import following
from adapters.opcua.connection import Opened
from adapters.opcua.following import Following
from adapters.opcua.subscription import Subscription
from tests.peers.opcua_run import Proxy, Running, point, settings_of
from tests.peers.opcua_server import OpcUaServer

Serve = Callable[..., OpcUaServer]
Run = Callable[..., Running]


@pytest.fixture
def pair(serve: Serve) -> Iterator[tuple[OpcUaServer, OpcUaServer]]:
    return serve("a", "b"), serve("a", "b")  # type: ignore[return-value]


def test_a_killed_server_leaves_a_declared_gap_and_right_states(serve: Serve, run: Run) -> None:
    server = serve("a", "b")
    running = run(settings_of(server.url), [point("a"), point("b")]).connected()
    for _ in range(3):
        gaps = len(running.of("gap"))
        server.kill()
        running.wait(lambda: running.state == "lost")
        lost = time.time_ns() // 1_000_000  # what was heard was heard before
        server.start()
        server.put("a", True)
        running.wait(lambda: len(running.of("gap")) == gaps + 2)  # noqa: B023 (waited for at once)
        running.connected()
        running.wait(lambda: running.positions("a")[-1] == "closed")
        told = {gap["device_id"]: gap for gap in running.of("gap")[gaps:]}
        assert told.keys() == {"a", "b"}
        assert all(gap["gap_from"] <= lost <= gap["observed_at"] for gap in told.values())
    assert len({event["event_id"] for event in running.events}) == len(running.events), "nothing is told twice"


def test_what_a_server_has_of_a_cut_comes_once_and_in_order(
    serve: Serve, run: Run, proxy: Callable[[OpcUaServer], Proxy]
) -> None:
    """This server hands over what it had published, and then publishes to the session that is gone: all is made anew.

    So what comes is in order, and what does not come lies in the declared gap.
    """
    server = serve("a")
    way = proxy(server)
    running = run(settings_of(way.url), [point("a")]).connected()
    way.cut()
    running.wait(lambda: running.state == "lost")
    lost = time.time_ns() // 1_000_000
    for state in (True, False, True, False):
        server.put("a", state)
    way.mend()
    running.wait(lambda: len(running.of("gap")) == 1)
    running.connected()
    (gap,) = running.of("gap")
    assert gap["gap_from"] <= lost <= gap["observed_at"]
    times = [event["observed_at"] for event in running.of("position")]
    assert times == sorted(times)
    assert times[-1] <= gap["observed_at"]
    assert running.positions("a")[-1] == "open"
    server.put("a", True)
    running.wait(lambda: running.positions("a")[-1] == "closed")
    assert len({event["event_id"] for event in running.events}) == len(running.events)


def test_a_server_that_hangs_is_given_up_and_found_again(
    serve: Serve, run: Run, proxy: Callable[[OpcUaServer], Proxy]
) -> None:
    server = serve("a")
    way = proxy(server)
    running = run(settings_of(way.url, timeout_seconds=2.0, stale_seconds=2.0), [point("a")]).connected()
    way.swallow()
    running.wait(lambda: running.state in ("lost", "stale"))
    way.cut()
    way.mend()
    running.connected()
    server.put("a", True)
    running.wait(lambda: running.positions("a")[-1] == "closed")


def test_the_history_fills_what_the_link_has_missed(serve: Serve, run: Run) -> None:
    server = serve("a", history=True)
    at = time.time_ns() // 1_000_000
    server.put("a", True, source=at - 3000)
    server.put("a", False, source=at - 2000)
    running = run(settings_of(server.url, history=True), [point("a")], marks={"ems": at - 10_000}).connected()
    running.wait(lambda: running.connector.counts["history"] >= 2)
    told = [(event["position"], event["observed_at"] - at) for event in running.of("position", "a")]
    assert ("closed", -3000) in told
    assert ("open", -2000) in told
    assert running.of("gap") == []


def test_a_connector_that_starts_again_declares_the_time_that_it_was_away(serve: Serve, run: Run) -> None:
    server = serve("a")
    mark = time.time_ns() // 1_000_000 - 60_000
    running = run(settings_of(server.url), [point("a"), point("al", "b", "alarm")], marks={"ems": mark}).connected()
    running.wait(lambda: len(running.of("gap")) == 2)
    assert {(gap["device_id"], gap["gap_from"]) for gap in running.of("gap")} == {("a", mark), ("b", mark)}


def test_an_alarm_flood_ends_with_the_last_state(serve: Serve, run: Run) -> None:
    server = serve("a")
    running = run(settings_of(server.url), [point("flood", "a", "alarm")], queue_size=50).connected()
    server.tell(alarm={"name": "flood", "about": "a", "active": True, "retain": True, "severity": 1})
    server.tell(flood={"name": "flood", "count": 1000})
    running.wait(lambda: running.of("alarm")[-1:] and running.events[-1].get("severity") == 1000)
    lost = running.queue.lost
    assert len(running.of("alarm")) + lost == running.connector.counts["alarm"]
    assert (lost > 0) == bool(running.of("gap"))


def test_a_server_without_refresh_says_what_is_not_known(serve: Serve, run: Run) -> None:
    server = serve("a", refresh=False)
    running = run(settings_of(server.url), [point("a"), point("al", "a", "alarm")])
    running.wait(lambda: running.state == "degraded")
    assert "alarms that changed while the link was down are not known: no refresh (Bad" in running.troubles
    server.put("a", True)
    running.wait(lambda: running.positions("a")[-1] == "closed")


def test_a_gap_is_declared_even_if_the_link_breaks_before_it_is(
    serve: Serve, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    async def breaks_once(*arguments: object) -> tuple[list[object], set[int]]:
        tries.append(len(arguments))
        if len(tries) == 1:
            raise ConnectionError("the link broke just now")
        return [], set()

    monkeypatch.setattr(following, "read_history", breaks_once)
    server = serve("a")
    mark = time.time_ns() // 1_000_000 - 60_000
    running = run(settings_of(server.url, history=True), [point("a")], marks={"ems": mark}).connected()
    running.wait(lambda: running.of("gap"))
    assert [gap["gap_from"] for gap in running.of("gap")] == [mark]
    assert len(tries) == 2


def test_a_cut_alone_is_no_reason_to_leave_a_server_of_a_pair(
    pair: tuple[OpcUaServer, OpcUaServer], run: Run, proxy: Callable[[OpcUaServer], Proxy]
) -> None:
    first, second = pair
    way = proxy(first)
    running = run(settings_of(way.url, second.url, retry_seconds=1.0), [point("a"), point("b")]).connected()
    way.cut()
    way.mend()
    running.wait(lambda: running.connector.counts["reconnect"] >= 1)
    running.connected()
    assert running.connector.links()[0].server == way.url


def test_a_return_that_breaks_is_tried_once_more_and_anew(
    pair: tuple[OpcUaServer, OpcUaServer],
    run: Run,
    proxy: Callable[[OpcUaServer], Proxy],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server may answer what was asked before the cut as soon as it has the subscription again, which ends it all."""
    transfers: list[int | None] = []

    async def breaks(subscription: Subscription, _session: object) -> bool:
        transfers.append(subscription.id)
        raise ConnectionError("the remains of the cut")

    monkeypatch.setattr(Subscription, "transfer", breaks)
    first, second = pair
    way = proxy(first)
    running = run(settings_of(way.url, second.url, retry_seconds=1.0), [point("a"), point("b")]).connected()
    way.cut()
    cut = time.time_ns() // 1_000_000
    way.mend()
    running.wait(lambda: len(running.of("gap")) == 2)
    running.connected()
    assert running.connector.links()[0].server == way.url
    assert len(transfers) == 1
    assert running.connector.counts["reconnect"] == 2
    assert all(gap["gap_from"] < gap["observed_at"] >= cut for gap in running.of("gap"))


def test_a_subscription_that_a_restarted_server_has_under_the_old_id_is_another(
    serve: Serve, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Milo counts them from 1 at each start, and hands one of them to whoever asks for it with the same user."""
    transfers: list[int | None] = []

    async def takes_anything(subscription: Subscription, _session: object) -> bool:
        transfers.append(subscription.id)
        return True

    monkeypatch.setattr(Subscription, "transfer", takes_anything)
    server = serve("a")
    running = run(settings_of(server.url), [point("a")]).connected()
    server.kill()
    running.wait(lambda: running.state == "lost")
    server.start()
    running.wait(lambda: running.of("gap"))
    running.connected()
    server.put("a", True)
    running.wait(lambda: running.positions("a")[-1] == "closed")
    assert transfers == []


def test_a_server_whose_returns_break_is_left_for_the_other(
    pair: tuple[OpcUaServer, OpcUaServer],
    run: Run,
    proxy: Callable[[OpcUaServer], Proxy],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = pair
    way = proxy(first)
    running = run(settings_of(way.url, second.url, retry_seconds=1.0), [point("a"), point("b")]).connected()
    follow, broken = Following.follow, list[str]()

    async def breaks_there(self: Following, opened: Opened, *rest: Any) -> str:
        if opened.url == way.url:
            broken.append(opened.url)
            raise ConnectionError("it breaks again")
        return await follow(self, opened, *rest)

    monkeypatch.setattr(Following, "follow", breaks_there)
    way.cut()
    way.mend()
    running.wait(lambda: running.connector.links()[0].server == second.url)
    running.connected()
    assert broken == [way.url, way.url]
