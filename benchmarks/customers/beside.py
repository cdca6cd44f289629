"""Look-ups of the status API while both flows take a blackout live: what these and the look-ups cost each other.

`python -m benchmarks.customers.beside [--meters N] [--events N] [--live RATE] [--rates R,R]`: on Apache Kafka, with
`customer.power.state.v1` of all usage points filled beforehand. Flows, broker, sender, clients and API share the
machine. For each rate of look-ups, 0 among them, the blackout is lived through once.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory

from adapters.network.compiled_file import load_artefact
from benchmarks.customers.asking import ask, told
from benchmarks.customers.lookups import fill, singles, status_api
from benchmarks.kafka.__main__ import METERS, PARTITIONS, Bench, network
from benchmarks.kafka.delays import percentiles, published
from benchmarks.kafka.flows import Flow, rate, wait_until
from scripts.kafka.broker import KafkaBroker

MODULE = "dataflows.customers.declaration"
CLIENTS = 16


def live(bench: Bench, names: list[str], asked: int, options: Namespace) -> None:
    """Live through the blackout with so many look-ups a second beside."""
    prefix = f"a{asked}."
    bench.extra = {"FAULTLINE_FLOWS": MODULE}
    environment, folder = bench.topics(prefix)
    fill(bench.bootstrap, names, prefix, PARTITIONS, clock=False)
    flows = [Flow.start(name, folder, bench.artefact, environment) for name in ("ingest", "outages")]
    try:
        wait_until(flows, 0)
        with status_api(folder, bench.artefact, environment) as (port, watched):
            command = [bench.artefact, bench.bootstrap, prefix + METERS, options.events, options.live]
            sender = Popen([sys.executable, "-m", "benchmarks.kafka.blackout", *map(str, command)], stdout=PIPE)
            cpu, said = watched.cpu(), "no look-ups"
            if asked:
                requests = singles(names, asked * max(options.events // options.live, 1))
                took, seconds = ask(port, requests, CLIENTS, asked)
                each = (watched.cpu() - cpu) / len(requests) * 1e6
                said = f"{told(took, seconds)}, {each:.0f} us of CPU each, peak {watched.peak_memory()} MiB"
            sent = json.loads(sender.communicate()[0])
            wait_until(flows, int(sent["records"]))
        late = percentiles(published(bench.bootstrap, prefix + "outage.lifecycle.events.v1"))
        behind = (
            f"{late['from_record_p50']:.2f} / {late['from_record_p99']:.2f} s" if late else "nothing: more --events"
        )
        spent = ", ".join(f"{flow.name} {rate(flow)[1]:.2f} us" for flow in flows)
        print(
            f"{sent['records'] / sent['seconds']:,.0f} events/s ({spent} of CPU an event), published p50 / p99 {behind}"
        )
        print(f"  look-ups: {said}", flush=True)
    finally:
        for flow in flows:
            flow.stop()


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--meters", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=3_000_000)
    parser.add_argument("--live", type=int, default=110_000)
    parser.add_argument("--rates", default="0,1000,5000")
    options = parser.parse_args()
    artefact = network(options.meters)
    names = list(load_artefact(artefact).point_ids)
    with TemporaryDirectory() as folder, KafkaBroker(Path(folder) / "kafka") as broker:
        bench = Bench(options, broker.bootstrap, Path(folder), artefact)
        for asked in options.rates.split(","):
            live(bench, names, int(asked), options)


if __name__ == "__main__":
    main()
