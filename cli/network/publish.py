"""`faultline network publish`: whom the ledger's numbers stand for, and where everything is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from cli.broker import ConfigOption, PrefixOption


def publish(
    network: Annotated[Path, typer.Option("--network", help="The network that the flows run with, compiled.")],
    life_support: Annotated[
        Path | None, typer.Option(help="Restricted table of the usage points with somebody on life support.")
    ] = None,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
) -> None:
    """Write each usage point by its stable number to network.usage_point.state.v1, which is restricted.

    Do so after each new version of the network: who is gone from it gets a
    tombstone. The ledger, outage.membership.events.v1, has numbers only.
    Zones and devices, which the first start and each release write, are
    written once more. The broker is FAULTLINE_KAFKA.
    """
    from adapters.kafka.clients.offset_range import RangeReader
    from adapters.kafka.clients.producer import CheckedProducer, DeliveryError, Outgoing
    from adapters.kafka.records.networks.network_states import write_network_states
    from adapters.network.load import load_network
    from adapters.restricted.life_support import read_life_support
    from cli.broker import find_broker, organisation
    from models.contracts.topics import DEVICE_STATE, USAGE_POINT_STATE, ZONE_STATE
    from models.ledger.directory import gone_numbers, usage_point_records
    from models.refusal import FaultsError

    loaded = load_network(network)
    listed = read_life_support(life_support, loaded)
    broker = find_broker(config, prefix)
    topics = [broker.name(stem) for stem in (USAGE_POINT_STATE, DEVICE_STATE, ZONE_STATE)]
    with RangeReader(broker.client) as reader:
        partitions = {topic: reader.partitions(topic) for topic in topics}
    if few := [topic for topic in topics if partitions[topic] < loaded.evidence_partitions]:
        wanted = f"the network {loaded.evidence_partitions} evidence partitions"
        mend = "compile the network for so many, or make the topic anew"
        raise FaultsError([f"{topic} has {partitions[topic]} partitions, {wanted}; {mend}" for topic in few])
    count = 0
    try:
        producer = CheckedProducer(broker.client)
        for partition, record in usage_point_records(loaded, listed):
            key = str(record["usage_point"]).encode()
            producer.send(topics[0], partition, Outgoing(orjson.dumps(record, option=orjson.OPT_SORT_KEYS), key))
            count += 1
        gone = gone_numbers(loaded)
        for number in gone:  # in which partition its zone was is not known any more
            for partition in range(partitions[topics[0]]):
                producer.send(topics[0], partition, Outgoing(None, str(number).encode()))
        producer.flush()
        everywhere = range(loaded.evidence_partitions)
        written = write_network_states(producer, broker.name, organisation(config), loaded, None, everywhere)
    except DeliveryError as error:
        raise FaultsError([str(error)]) from error
    typer.echo(f"{topics[0]}: {count:,} usage points, {len(gone):,} gone, of network {loaded.version}")
    for stem, number in written.items():
        typer.echo(f"{broker.name(stem)}: {number:,} records")
