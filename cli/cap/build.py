"""What `faultline cap build` does: the alerts of a replay's outages, as files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from adapters.cap.policy_file import read_policy
from adapters.kafka.records.followed_record import RecordReader
from adapters.network.load import load_network
from models.alerts.issuing.areas import Areas
from models.alerts.issuing.issuer import Issuer
from models.alerts.issuing.output import ALERTS
from models.contracts.registry import output_of
from models.contracts.topics import OUTAGE_CLOCK, OUTAGE_LIFECYCLE
from models.refusal import FaultsError
from models.timeline.life import Life
from models.timeline.moment import Moment
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def build(network: Path, policy: Path, replayed: Path, output: Path, organisation: str) -> list[dict[str, Any]]:
    """Write the alerts of a replay; returns their records. Raises `FaultsError`."""
    files = [replayed / f"{stem}.jsonl" for stem in (OUTAGE_LIFECYCLE, OUTAGE_CLOCK)]
    if missing := [f"{file}: no such file; give the output folder of a replay" for file in files if not file.is_file()]:
        raise FaultsError(missing)
    warning = read_policy(policy)
    areas = Areas(load_network(network), warning.by)
    life = Life(lambda saved: Issuer(warning, areas, saved), [ALERTS], organisation)
    records = [record for moment in _moments(*files) for _, record in life.take(moment)]
    output.mkdir(parents=True, exist_ok=True)
    (output / f"{ALERTS.topic}.jsonl").write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in records))
    for record in records:
        (output / f"{record['identifier']}.xml").write_text(record["xml"], "utf-8")
    return records


def _moments(lifecycle: Path, clock: Path) -> Iterator[Moment]:
    """Divide the revisions by the clock."""
    reader = RecordReader(output_of(OUTAGE_LIFECYCLE))
    waiting = []
    for number, line in enumerate(_lines(lifecycle), 1):
        try:
            waiting.append(reader.take(line))
        except (ValueError, KeyError):
            reason = "is no revision as this version writes them; replay the storm again"
            raise FaultsError([f"{lifecycle}:{number}: {reason}"]) from None
    begin = 0
    for tick in _lines(clock):
        end = begin
        while end < len(waiting) and waiting[end].sequence <= tick["sequences"][OUTAGE_LIFECYCLE]:
            end += 1
        yield Moment(tick["sequence"], parse_time(tick["updated_at"]), tuple(waiting[begin:end]))
        begin = end


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError:
                raise FaultsError([f"{file}:{number}: is no JSON; give the output folder of a replay"]) from None
