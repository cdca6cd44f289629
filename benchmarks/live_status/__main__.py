"""A storm live through a real Kafka and all flows: do state, notification, alert and API agree, and how late are they?

`python -m benchmarks.live_status [--usage-points N] [--peak-customers N] [--ramp MINUTES] [--minutes M]`: a storm whose
front takes half an hour begins in some minutes and is written as it happens, at its own pace, into topics with the
broker's time. `ingest`, `outages`, `customers`, `notifications`, `alerts` (one an outage) and the status API run as
processes, each contact is told of each change at once or in five minutes, and all that is said is stamped as who reads
it sees it. Then each channel is held to the life cycle and to the others, field by field, and the time that it was
behind the life cycle is printed. Broker, players and readers share the machine. Code 1 if anything disagrees.
"""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser, Namespace
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import msgspec
import orjson
from confluent_kafka import Producer

from adapters.network.load import load_network
from benchmarks.canary.__main__ import Player, run
from benchmarks.customers.lookups import status_api
from benchmarks.kafka.flows import PATIENCE, Flow
from benchmarks.kafka.starts import ready
from benchmarks.live_status.agreement import DESCRIPTION, Agreement
from benchmarks.live_status.channels import Channels
from benchmarks.live_status.lags import Lags, told
from benchmarks.live_status.watching import Prober, Topics, now_ms
from benchmarks.notifications.__main__ import accounts_of
from models.notifications.output import ACCOUNTS
from models.times.iso8601 import format_time
from scripts.kafka.broker import KafkaBroker

if TYPE_CHECKING:
    from models.network.network import Network

FLOWS: Final = ("customers", "notifications", "alerts")
MODULES: Final = ",".join(f"dataflows.{name}.declaration" for name in FLOWS)
NOTIFICATIONS: Final = "outage_after_minutes = 0\ninterval_minutes = 5\ndigest_minutes = 5\n"
ALERTS: Final = (
    'sender = "benchmark@example.org"\nsender_name = "Benchmark"\nby = "outage"\nupdate_seconds = 60\n'
    f'[[languages]]\nlanguage = "en"\ndescription = "{DESCRIPTION}"\n'
)
LEAD_MS: Final = 150_000
"""From the making of the storm to its beginning: all has to run by then."""


def write_accounts(bootstrap: str, network: Network) -> int:
    """Write accounts of all usage points; returns how many."""
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 50})
    accounts = accounts_of(network, 1)
    for one in accounts:
        producer.produce(ACCOUNTS.topic, orjson.dumps(one), one["account_id"].encode())
        producer.poll(0)
    producer.flush(120)
    return len(accounts)


def make(options: Namespace, folder: Path) -> int:
    """Make town and storm; returns when it begins (ms)."""
    town, storm = folder / "town", folder / "storm"
    run("network", "generate", "--usage-points", options.usage_points, "--seed", 1, "--output", town)
    begin = now_ms() + LEAD_MS
    run(
        "simulate", "--network", town, "--output", storm, "--seed", options.seed, "--peak-customers",
        options.peak_customers, "--ramp-minutes", options.ramp, "--start", format_time(begin),
    )  # fmt: skip
    counts = ("--evidence-partitions", options.partitions)
    run("network", "compile", "--network", storm / "network", *counts, "--output", folder / "network")
    return begin


def live(options: Namespace, folder: Path, broker: KafkaBroker) -> tuple[Channels, dict[str, float]]:
    """Live through it; returns what was seen, and the processor's seconds by process."""
    (folder / "notifications.toml").write_text(NOTIFICATIONS)
    (folder / "alerts.toml").write_text(ALERTS)
    os.environ["FAULTLINE_KAFKA"] = broker.bootstrap
    environment = os.environ | {
        "FAULTLINE_FLOWS": MODULES,
        "FAULTLINE_NOTIFICATIONS_POLICY": str(folder / "notifications.toml"),
        "FAULTLINE_ALERTS_POLICY": str(folder / "alerts.toml"),
    }
    counts = ("--raw-partitions", 8, "--evidence-partitions", options.partitions)
    run("topics", "create", "--replication", 1, *counts, environment=environment)
    begin = make(options, folder)
    network = load_network(folder / "network")
    print(f"{write_accounts(broker.bootstrap, network):,} accounts", file=sys.stderr)
    channels = Channels()
    with ExitStack() as stack:
        flows = [Flow.start(name, folder, folder / "network", environment) for name in ("ingest", "outages", *FLOWS)]
        for flow in flows:
            stack.callback(flow.stop)
        port, api = stack.enter_context(status_api(folder, folder / "network", environment))
        await_ready(flows)
        print(f"all run {(begin - now_ms()) / 1000:.0f} s before it begins", file=sys.stderr)
        prober = Prober(port, network.point_ids.take(range(len(network.point_number))), places(network))
        topics = Topics(broker.bootstrap, options.partitions, prober.probe)
        until = begin + round(options.minutes * 60_000)
        player = Player(broker.bootstrap, folder / "storm", until, 0)
        player.thread.start()
        watch(player, flows, topics)
        used = {flow.name: flow.cpu() for flow in flows} | {"status API": api.cpu()}
        prober.close()
        topics.close()
        print(f"{player.written:,} lines, at most {player.latest} ms late", file=sys.stderr)
    topics.fill(channels)
    prober.fill(channels)
    return channels, used


def await_ready(flows: list[Flow]) -> None:
    """Wait until all flows are ready."""
    deadline = time.monotonic() + PATIENCE
    while not all(map(ready, flows)):
        if time.monotonic() > deadline:
            raise TimeoutError("the flows do not start")
        time.sleep(0.5)


def watch(player: Player, flows: list[Flow], topics: Topics) -> None:
    """Wait until the storm is written, and some seconds for what is said of its end."""
    try:
        while player.thread.is_alive():
            player.thread.join(30)
            for flow in flows:
                if flow.process.poll() is not None:
                    raise RuntimeError(f"{flow.name} ended with code {flow.process.returncode}; see its log")
            print(f"{topics.written():,} records, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
    finally:
        player.stop.set()
    time.sleep(15)  # what is said of the last instants comes; nothing tells that it is all


def places(network: Network) -> dict[int, int]:
    """Give places of usage points by stable number."""
    return {number: place for place, number in enumerate(network.point_number.tolist())}


def show(channels: Channels, network: Network) -> int:
    """Print what was found; returns how much disagrees."""
    customers = dict(
        zip(network.point_ids.take(range(len(network.point_number))), network.customers.tolist(), strict=True)
    )
    agreement = Agreement(channels, customers)
    found = list(agreement.differences())
    out = peak(channels, customers)
    print(
        f"{len(channels.revisions):,} revisions, at most {out:,} customers out; {len(channels.states):,} states, "
        f"{len(channels.notifications):,} notifications, {len(channels.alerts):,} alerts, {len(channels.answers):,} "
        f"answers that differ; fields held to each other: "
        f"{', '.join(f'{name} {count:,}' for name, count in agreement.compared.items())}; {len(found):,} differ"
    )
    for one in found[:20]:
        print(f"    {one}")
    lags = Lags(channels)
    print("\n| seconds behind the life cycle | n | p50 | p99 | most |\n|---|---|---|---|---|")
    for name, seconds in lags.rows():
        print(f"| {name} | {told(seconds)} |")
    print(f"\nnot told by the API in two minutes: {lags.unanswered():,} of {len(channels.probes):,}")
    return len(found)


def peak(channels: Channels, customers: dict[str, int]) -> int:
    """Give how many customers were out at most, by the states."""
    out, most = 0, 0
    before: dict[str, bool] = {}
    for one in sorted(channels.states, key=lambda one: one.record["updated_at"]):
        name, is_out = one.record["usage_point_id"], one.record["power"] == "out"
        out += customers[name] * (is_out - before.get(name, False))
        before[name] = is_out
        most = max(most, out)
    return most


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--usage-points", type=int, default=100_000)
    parser.add_argument("--peak-customers", type=int, default=55_000)
    parser.add_argument("--ramp", type=float, default=30, help="minutes that the front takes")
    parser.add_argument("--minutes", type=float, default=40, help="minutes from its beginning to the last line written")
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kept", type=Path, help="folder in which all stays, to be looked at again with --again")
    parser.add_argument("--again", action="store_true", help="hold what was kept to each other once more")
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = options.kept or Path(name)
        folder.mkdir(exist_ok=True, parents=True)
        kept = folder / "channels.json"
        if options.again:
            channels = msgspec.json.decode(kept.read_bytes(), type=Channels)
        else:
            with KafkaBroker(folder / "kafka") as broker:
                channels, used = live(options, folder, broker)
            kept.write_bytes(msgspec.json.encode(channels))
            print("seconds of a core: " + ", ".join(f"{name} {some:.0f}" for name, some in used.items()))
        sys.exit(1 if show(channels, load_network(folder / "network")) else 0)


if __name__ == "__main__":
    main()
