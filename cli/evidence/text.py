"""What `faultline evidence show` finds, in lines for people."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]


def record_text(record: Document) -> str:
    """Write a batch or control record in one line, and its rows indented below."""
    where = f"{record['partition']}/{record['offset']}"
    if "fault" in record:
        return f"{where}  cannot be read: {record['fault']}"
    line = f"{where}  {record['appended_at']}"
    if "origin" not in record:
        return f"{line}  {_control(record)}"
    parts = [line, _origin(record), _rows(record["rows"]), f"watermark {record['watermark'] or 'none'}"]
    parts += [f"{name} {record[name]}" for name in ("refused", "unused") if record[name]]
    if record["dead_letters"]:
        parts.append(f"{record['dead_letters']} dead letters wait")
    if record["settled"]:
        parts.append(f"settled {record['settled']['offset']}")
    return "\n    ".join(["  ".join(parts), *map(_row, record.get("evidence", ()))])


def _control(record: Document) -> str:
    parts = []
    if record["resume_zones"]:
        parts.append(f"resume zones {', '.join(record['resume_zones'])}")
    if record.get("skip_gaps"):
        parts.append(f"skip the gap at {', '.join(map(str, record['skip_gaps']))}")
    parts += [f"topic {topic} is {name} from here on" for topic, name in record.get("adopted", {}).items()]
    if record.get("audit"):
        parts.append(f"by {record['audit']}")
    parts += [f"{origin} settled {settled['offset']}" for origin, settled in record["settled"].items()]
    return "  ".join(parts)


def _origin(record: Document) -> str:
    if record["offsets"] is None:
        return f"{record['origin']} no offsets"
    first, end = record["offsets"]
    return f"{record['origin']} {first}..{end - 1}" if end > first else f"{record['origin']} none before {end}"


def _rows(counts: dict[str, int]) -> str:
    return " ".join(f"{kind}={count}" for kind, count in counts.items()) or "no rows"


def _row(row: Document) -> str:
    parts = [str(row.get("log_time")), f"offset {row['offset']}"]
    if "crew" in row:
        named = {name: row[name] for name in ("device", "found_device", "open_device") if row[name]}
        event = {name: value for name, value in row["crew"].items() if value is not None}
        return "  ".join([*parts, *_pairs(event | named)])
    return "  ".join(
        [*parts, *_pairs({name: value for name, value in row.items() if name not in ("log_time", "offset")})]
    )


def _pairs(fields: Document) -> list[str]:
    return [f"{name}={value}" for name, value in fields.items() if value is not None]
