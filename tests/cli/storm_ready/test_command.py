"""`faultline storm-ready` on a real Kafka: ready where all is well; what is not is named, with what to do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka import Consumer, TopicPartition

from adapters.kafka.clients.producer import Outgoing
from adapters.kafka.records.networks.releases import PARTITION, Released
from adapters.kafka.records.output_record import outgoing
from adapters.kafka.topics.cluster import group_suffix
from dataflows.service.flows import find_flows
from models.contracts.outputs.connector_health import ConnectorHealthRecord
from models.contracts.registry import output_of
from models.contracts.topics import CONNECTOR_STATE, EVIDENCE_LOG, METER_EVENTS, NETWORK_RELEASE, OUTAGE_CLOCK
from models.times.iso8601 import format_time
from tests.peers.certificates import Authority, skip_without_openssl
from tests.peers.commands import Operator
from tests.peers.receivers import Answer, WebhookReceiver

PARTITIONS = 2
EVENTS = 50
DAY = 86_400_000
Page = dict[tuple[str, str], dict[str, str]]


def now() -> int:
    return time.time_ns() // 1_000_000


def heartbeat(connector: str, at: int, interval: float = 600.0) -> Outgoing:
    record = ConnectorHealthRecord(
        event_id=f"{connector}:{format_time(at)}:1",
        schema_version=1,
        connector=connector,
        kind="heartbeat",
        number=1,
        started_at=format_time(at),
        updated_at=format_time(at),
        state="connected",
        since=format_time(at),
        interval_seconds=interval,
        links=[],
        queue_length=0,
        counts={},
        devices=7,
        devices_digest="",
        part=None,
        parts=None,
        device_ids=None,
    )
    return Outgoing(orjson.dumps(record.model_dump()), connector.encode())


def tick(at: int) -> Outgoing:
    record = {"evidence_partition": 0, "sequence": 1, "updated_at": format_time(at), "event_id": "0", "sequences": {}}
    return outgoing(output_of(OUTAGE_CLOCK), record, "default")


def read_all(site: Operator) -> None:
    """Let every flow have read all that there is."""
    for flow in find_flows().values():
        consumer = Consumer({**site.client, "group.id": f"{flow.group}{group_suffix(site.prefix)}"})
        places = [TopicPartition(site.prefix + stem, part) for stem in flow.reads for part in range(PARTITIONS)]
        for place in places:
            place.offset = consumer.get_watermark_offsets(place, timeout=30)[1]
        consumer.commit(offsets=places, asynchronous=False)
        consumer.close()


class Site:
    """A site a day before landfall, with a twin, a connector, a channel and a certificate."""

    def __init__(self, kafka: str, prefix: str, folder: Path, url: str) -> None:
        self.here, self.twin = Operator(kafka, prefix, PARTITIONS), Operator(kafka, f"{prefix}twin.", PARTITIONS)
        self.certificate, _ = Authority(folder / "authority").issue("own")
        (folder / "secret").write_text("secret")
        self.settings = folder / "notifications.toml"
        channel = f'{{channel = "sms", kind = "webhook", url = "{url}", secret_file = "{folder}/secret"}}'
        self.settings.write_text(f"channels = [{channel}]\n")
        self.connector = folder / "connector.toml"
        self.connector.write_text(f'certificate_file = "{self.certificate}"\n')

    def prepare(self, *, released: int, heard: int, said: int) -> None:
        """Put there what a site has that has run for a while."""
        here = self.here
        here.write(METER_EVENTS, 0, *[Outgoing(b"x" * 200, b"meter") for _ in range(EVENTS)])
        read_all(here)
        release = Released(1, "town-2", "town-1", released, "somebody")
        here.write(NETWORK_RELEASE, PARTITION, release.outgoing())
        here.write(CONNECTOR_STATE, 0, heartbeat("north", heard))
        for part in range(PARTITIONS):
            here.write(OUTAGE_CLOCK, part, tick(said))
            self.twin.write(OUTAGE_CLOCK, part, tick(now()))

    def ask(self, *options: object) -> tuple[int, Page]:
        done = self.here.run("storm-ready", "--json", *options)
        page = orjson.loads(done.stdout)
        assert page["verdict"] == {0: "ready", 1: "not ready", 3: "unknown"}[done.returncode], done.stderr
        return done.returncode, {(row["check"], row["subject"]): row for row in page["checks"]}


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    receiver = WebhookReceiver(lambda _got, _times: Answer(200))
    yield receiver
    receiver.close()


@pytest.fixture
def site(kafka: str, prefix: str, tmp_path: Path, receiver: WebhookReceiver) -> Site:
    skip_without_openssl()
    return Site(kafka, prefix, tmp_path, receiver.url)


def test_a_site_where_all_is_well_is_ready(site: Site, receiver: WebhookReceiver) -> None:
    site.prepare(released=now() - DAY, heard=now(), said=now())
    site.here.run("network", "freeze", "--reason", "storm Zeus")
    options: list[Any] = ["--settings", site.settings, "--settings", site.connector, "--certificate-days", 1]
    options += ["--twin-prefix", site.twin.prefix, "--disk-free", 900]
    code, page = site.ask(*options)
    assert (code, [row for row in page.values() if row["verdict"] != "ready"]) == (0, [])
    assert set(page) >= {
        ("certificate", str(site.certificate)),
        ("disk", ""),
        ("lag", "flow ingest"),
        ("lag", "flow outages"),
        ("connector", "north"),
        ("network", ""),
        ("mirror", "outage.clock.v1/1"),
        ("channel", "sms"),
    }
    assert receiver.got == []
    shown = site.here.run("storm-ready", *options)
    assert shown.returncode == 0
    assert f"ready ({len(page)} ready)" in shown.stdout.splitlines()[-1]


def test_each_thing_that_is_not_ready_is_named_with_what_to_do(site: Site, receiver: WebhookReceiver) -> None:
    site.prepare(released=now() - 90 * DAY, heard=now() - DAY, said=now() + 10 * 60_000)
    receiver.close()
    site.here.write(METER_EVENTS, 1, Outgoing(b"x" * 200, b"meter"))
    options: list[Any] = ["--settings", site.settings, "--certificate", site.certificate, "--lag-seconds", 0]
    options += ["--twin-prefix", site.twin.prefix, "--disk-free", 1, "--storm-rate", 100_000, "--disk-hours", 200]
    code, page = site.ask(*options)
    wrong = {name for name, row in page.items() if row["verdict"] == "not ready"}
    assert code == 1
    assert wrong == {
        ("certificate", str(site.certificate)),
        ("disk", ""),
        ("disk", site.here.prefix + METER_EVENTS),
        ("lag", "flow ingest"),
        ("connector", "north"),
        ("network", ""),
        ("releases", ""),
        ("mirror", "outage.clock.v1/0"),
        ("mirror", "outage.clock.v1/1"),
        ("channel", "sms"),
    }
    assert all(page[name]["todo"] for name in wrong)
    assert page["lag", "flow ingest"]["saw"].startswith("1 records to read, the oldest ")
    assert page["connector", "north"]["saw"].startswith("north  silent since")
    assert "100,000.0 events/s" in page["disk", ""]["saw"]
    assert page["disk", site.here.prefix + METER_EVENTS]["saw"] == "retention.ms keeps 168.0 hours at storm rate"


def test_what_cannot_be_seen_is_not_ready_by_silence(site: Site) -> None:
    site.here.write(EVIDENCE_LOG, 0, Outgoing(b"no evidence"))
    code, page = site.ask()
    assert code == 1
    told = {name: (row["verdict"], row["saw"]) for name, row in page.items()}
    assert told["lag", "flow ingest"] == ("ready", "has nothing to read")
    assert told["lag", "flow outages"][0] == "not ready"
    assert told["network", ""][0] == "not ready"
    assert told["disk", ""] == ("unknown", "no event came in the last 24 hours: nothing to measure by")
    asked = [name for name, (verdict, _) in told.items() if verdict == "not asked"]
    assert asked == [("certificate", ""), ("connector", ""), ("mirror", ""), ("channel", "")]
    gone = site.here.run("storm-ready", "--settings", "gone.toml")
    assert "unknown: certificate: settings gone.toml cannot be read" in gone.stdout
