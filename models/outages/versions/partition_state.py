"""What a partition knows, as plain values: of a snapshot, and of what goes on in another forest in between."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import msgspec

from models.outages.feeding.watches import Backfeed
from models.outages.feeding.ways import Ways
from models.outages.snapshot_tables import restore_memory, restore_rows, save_memory, save_rows
from models.outages.state.outage import Outage
from models.outages.state.partition import Ended

if TYPE_CHECKING:
    from models.outages.state.partition import Partition


def save_partition(partition: Partition) -> dict[str, Any]:
    """Write everything of it that the next instant depends on; places are those of its network."""
    return {
        "network": partition.network.version,
        "ways": partition.ways.save(),
        "abnormal": partition.abnormal,
        "backfeed": partition.backfeed.save(),
        "points": save_rows(partition.points, partition.own_points),
        "devices": save_rows(partition.devices, partition.own_devices),
        "memory": save_memory(partition.memory, partition.forest, partition.zones),
        "outages": [asdict(outage) for outage in partition.by_name.values()],
        "known": sorted(partition.known),
        "ended": list(partition.ended.items()),
        "untimed": [
            name for _, names in sorted(partition.untimed.items()) for name in names if name in partition.ended
        ],
        "last_of_class": list(partition.last_of_class.items()),
        "survivors": partition.survivors,
        "spoken_of": [(zone, sorted(devices)) for zone, devices in sorted(partition.spoken_of.items())],
        "drawn_at": list(partition.drawn_at.items()),
        "fed": list(partition.fed.items()),
        "pauses": list(partition.pauses.items()),
        "deaf_until": partition.deaf_until,
        "timers": partition.timers,
        "slots": len(partition.by_slot),
        "vacant": partition.vacant,
        "works": partition.context.works.save(),
        "crews_at": partition.context.crews.save(),
        "ledger": partition.context.ledger.save(),
        "borne_out": partition.context.borne_out.save(),
        "estimates": partition.estimates.history.save() if partition.estimates else [],
        "ranges": partition.estimates.ranges.save() if partition.estimates else [],
        "renew": sorted(partition.context.renew),
        "degraded": partition.degraded,
        "deaf": partition.deaf,
        "quarantined": sorted(partition.quarantined),
        "answered": partition.context.answered.save(),
    }


def read_partition(partition: Partition) -> dict[str, Any]:
    """Give what `save_partition` writes as it is read back."""
    saved: dict[str, Any] = msgspec.msgpack.decode(msgspec.msgpack.encode(save_partition(partition)))
    return saved


def restore_partition(partition: Partition, saved: dict[str, Any]) -> None:
    """Go on from what `save_partition` wrote, in the same forest."""
    partition.ways = Ways.restored(saved["ways"])
    partition.abnormal = saved["abnormal"]
    partition.backfeed = Backfeed.restored(saved.get("backfeed"))
    restore_rows(partition.points, saved["points"], partition.own_points)
    restore_rows(partition.devices, saved["devices"], partition.own_devices)
    restore_memory(partition.memory, saved["memory"], partition.forest, partition.zones)
    for _ in range(saved["slots"]):
        partition.take_slot()
    partition.vacant = saved["vacant"]
    for fields in saved["outages"]:
        partition.add(to_outage(fields))
    partition.known = set(saved["known"])
    partition.ended = {name: Ended(*ended) for name, ended in saved["ended"]}
    for name in saved["untimed"]:
        partition.untimed.setdefault(partition.ended[name].zone, []).append(name)
    partition.last_of_class = {key: (name, at) for key, (name, at) in saved["last_of_class"]}
    partition.survivors = saved["survivors"]
    partition.drawn_at = dict(saved["drawn_at"])
    partition.fed = dict(saved["fed"])
    partition.pauses = dict(saved["pauses"])
    partition.spoken_of = {zone: set(devices) for zone, devices in saved["spoken_of"]}
    partition.timers = [(at, area) for at, area in saved["timers"]]
    partition.scheduled = set(partition.timers)
    partition.context.works.restore(saved["works"])
    partition.context.crews.restore(saved["crews_at"])
    partition.context.ledger.restore(saved["ledger"], partition.own_points)
    partition.context.answered.restore(saved["answered"])
    partition.context.borne_out.restore(saved["borne_out"])
    partition.context.renew = set(saved["renew"])
    partition.degraded = saved["degraded"]
    partition.deafen(deaf=saved["deaf"])
    unsaid = {name: outage for name, outage in partition.by_name.items() if outage.revision and not outage.published}
    partition.dirty.update(unsaid)  # to be said once more (`reconciliation`), at the instant that their timers name
    partition.deaf_until = saved["deaf_until"]
    partition.quarantined = set(saved["quarantined"])
    if partition.estimates:
        learned = saved["estimates"], saved.get("ranges", [])  # rules 7 had none
        partition.estimates.restore(learned, partition.by_name.values(), partition.quarantined)


def to_outage(fields: dict[str, Any]) -> Outage:
    """Read an outage as it stands in a state."""
    return msgspec.convert(fields, Outage)
