"""What processes have used, from the kernel's own account: CPU of all threads, and the most memory at once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Use:
    """What a session of processes has used so far."""

    cpu_seconds: float
    """User and system, of those that ended too."""
    peak_mib: float
    """The sum of each living process's peak resident set."""


def used_by(session: int) -> Use:
    """Add up all processes of a session."""
    running = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    pids = [pid for pid in running if _session(pid) == session]
    return Use(sum(map(cpu_seconds, pids)), sum(map(_peak_mib, pids)))


def cpu_seconds(pid: int) -> float:
    """Return user and system time of a process and of its children that ended; 0 if it is gone."""
    return sum(int(ticks) for ticks in _stat(pid)[11:15]) / TICKS


def _session(pid: int) -> int:
    return int((_stat(pid)[3:4] or ["-1"])[0])


def _stat(pid: int) -> list[str]:
    """Return the fields from the state on; empty if the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return []


def _peak_mib(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)
