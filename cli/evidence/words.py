"""What `faultline evidence show` finds, in lines for people."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]


def words(told: Document) -> str:
    """Write a batch or control record in one line, and its rows indented below."""
    where = f"{told['partition']}/{told['offset']}"
    if "fault" in told:
        return f"{where}  cannot be read: {told['fault']}"
    line = f"{where}  {told['appended_at']}"
    if "origin" not in told:
        return f"{line}  {_control(told)}"
    parts = [line, _origin(told), _rows(told["rows"]), f"watermark {told['watermark'] or 'none'}"]
    parts += [f"{name} {told[name]}" for name in ("refused", "unused") if told[name]]
    if told["dead_letters"]:
        parts.append(f"{told['dead_letters']} dead letters wait")
    if told["settled"]:
        parts.append(f"settled {told['settled']['offset']}")
    return "\n    ".join(["  ".join(parts), *map(_row, told.get("evidence", ()))])


def _control(told: Document) -> str:
    parts = []
    if told["resume_zones"]:
        parts.append(f"resume zones {', '.join(told['resume_zones'])}")
    parts += [f"{origin} settled {settled['offset']}" for origin, settled in told["settled"].items()]
    return "  ".join(parts)


def _origin(told: Document) -> str:
    if told["offsets"] is None:
        return f"{told['origin']} no offsets"
    first, end = told["offsets"]
    return f"{told['origin']} {first}..{end - 1}" if end > first else f"{told['origin']} none before {end}"


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
