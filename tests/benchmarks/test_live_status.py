"""State, notification, alert and API say the same of the golden storm, and what does not is found, whatever it is."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from adapters.network.load import load_network
from benchmarks.live_status.agreement import Agreement
from benchmarks.live_status.channels import Channels, Probe, Seen, read
from benchmarks.live_status.lags import Lags
from benchmarks.notifications.__main__ import Storm, Truth, accounts_of
from models.alerts.issuing.output import ALERTS
from models.contracts.topics import OUTAGE_LIFECYCLE
from models.customers.output import CUSTOMER_POWER
from models.notifications.policy import NotificationPolicy
from models.times.iso8601 import parse_time
from tests.worlds.golden import GOLDEN, replay_golden
from tests.worlds.storms import faultline

POLICY = """sender = "out@power.example"
sender_name = "Power"
by = "outage"
least_anyway = 20
update_seconds = 60
[[languages]]
language = "en"
description = "{{ since }}/{{ restoration }}"
"""
SPOILT = [
    ("states", "basis", "crystal ball"),
    ("states", "revision", 999),
    ("notifications", "revision", 999),
    ("notifications", "message_code", "cancelled"),
    ("notifications", "as_of", "2031-01-01T00:00:00.000Z"),
    ("alerts", "customers_out", 1),
    ("answers", "message_code", "unknown"),
]


NETWORK = load_network(GOLDEN / "network")
CUSTOMERS = dict(zip(NETWORK.point_ids, NETWORK.customers.tolist(), strict=True))


@pytest.fixture(scope="module")
def channels(tmp_path_factory: pytest.TempPathFactory) -> Channels:
    """All that is said of the golden storm."""
    out = tmp_path_factory.mktemp("said")
    replay_golden(out, "dataflows.customers.declaration")
    policy = out / "policy.toml"
    policy.write_text(POLICY)
    given = ("--network", GOLDEN / "network", "--policy", policy, "--input", out, "--output", out / "alerts")
    built = faultline("cap", "build", *given)
    assert built.returncode == 0, built.stderr
    at_once = NotificationPolicy(outage_after_minutes=0, interval_minutes=5, digest_minutes=5)
    storm = Storm(NETWORK, out, Truth(), at_once, 1000.0)
    storm.live(accounts_of(NETWORK, 1))
    states = read(lines(out, CUSTOMER_POWER.topic))
    return Channels(
        revisions=read(lines(out, OUTAGE_LIFECYCLE)),
        states=states,
        notifications=[Seen(0, one) for one in storm.told],
        alerts=read(lines(out / "alerts", ALERTS.topic)),
        answers=[dict(one.record) for one in states[::7]],
    )


def lines(folder: Path, topic: str) -> list[bytes]:
    return (folder / f"{topic}.jsonl").read_bytes().splitlines()


def test_all_channels_agree(channels: Channels) -> None:
    agreement = Agreement(channels, CUSTOMERS)
    assert list(agreement.differences()) == []
    assert min(agreement.compared[name] for name in ("state", "notification", "alert", "API")) > 10


@pytest.mark.parametrize(("channel", "field", "value"), SPOILT)
def test_what_disagrees_is_found(channels: Channels, channel: str, field: str, value: Any) -> None:
    spoilt = deepcopy(channels)
    mine = [one.record if isinstance(one, Seen) else one for one in getattr(spoilt, channel)]
    one = next(one for one in mine if one.get(field) is not None and (one.get("outage_ids") or one.get("outage_id")))
    one[field] = value
    assert list(Agreement(spoilt, CUSTOMERS).differences())


def test_lags_are_counted_from_the_revision_of_the_same_instant() -> None:
    def seen(at: int, second: int, **fields: Any) -> Seen:
        return Seen(at, {"outage_id": "O", "updated_at": f"2026-07-12T12:00:{second:02d}.000Z", **fields})

    channels = Channels(
        revisions=[seen(1000, 1), seen(5000, 5)],
        states=[seen(1200, 1), seen(5500, 5)],
        notifications=[seen(5900, 5), seen(12_400, 7)],
        probes=[Probe("O", "2026-07-12T12:00:05.000Z", 5100, 5300), Probe("O", "2026-07-12T12:00:01.000Z", 1, None)],
    )
    lags, at_seven = Lags(channels), "2026-07-12T12:00:07.000Z"
    rows = dict(lags.rows())
    assert rows["state"] == [0.2, 0.5]
    assert rows["status API"] == [0.3]
    assert rows["notification of a revision"] == [0.9]
    assert rows["notification by a timer, behind its instant"] == [(12_400 - parse_time(at_seven)) / 1000]
    assert lags.unanswered() == 1
