"""What `faultline cap build` does: the alerts of a replay's outages, as files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from adapters.cap.feed import standing, write_feed
from adapters.cap.policy_file import read_policy
from adapters.cap.signing import find_signer
from adapters.network.area_kinds import refuse_unknown_areas
from adapters.network.load import load_network
from adapters.process.time_zone import utility_offsets
from cli.reading.moments import moments_of
from dataflows.service.given_settings import find_settings
from models.alerts.issuing.areas import Areas
from models.alerts.issuing.issuer import Issuer
from models.alerts.issuing.output import ALERTS
from models.contracts.topics import OUTAGE_LIFECYCLE
from models.timeline.life import Life
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from pathlib import Path


def build(
    network: Path,
    policy: Path,
    replayed: Path,
    output: Path,
    organisation: str,
    config: Path | None = None,
    key: tuple[Path | None, Path | None] = (None, None),
) -> list[dict[str, Any]]:
    """Write the alerts of a replay, signed with a key and its certificate; returns their records.

    Raises `FaultsError`.
    """
    sign = find_signer(*key)
    moments = moments_of(replayed, OUTAGE_LIFECYCLE)
    warning = read_policy(policy)
    areas = Areas(load_network(network), warning.by)
    refuse_unknown_areas(f"policy {policy}", warning.areas, areas.names)
    zone = find_settings({"config": config}).get("time_zone")
    offsets = utility_offsets(zone.value if zone else None)
    life = Life(lambda saved: Issuer(warning, areas, offsets, saved, sign), [ALERTS], organisation)
    records: list[dict[str, Any]] = []
    for moment in moments:
        records += [record for _, record in life.take(moment)]
    output.mkdir(parents=True, exist_ok=True)
    (output / f"{ALERTS.topic}.jsonl").write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in records))
    for record in records:
        (output / f"{record['identifier']}.xml").write_text(record["xml"], "utf-8")
    told = standing(records, life.instant // 1000)
    feed = write_feed(told, warning.sender, warning.sender_name, format_time(life.instant))
    (output / "feed.atom").write_bytes(feed)
    return records
