"""The command as benchmarks run it: of this checkout, by this interpreter."""

from __future__ import annotations

import subprocess
import sys

COMMAND = (sys.executable, "-c", "from cli.main import main; main()")


def faultline(*arguments: object) -> str:
    """Run it, and give what it prints. Raises `CalledProcessError`."""
    done = subprocess.run([*COMMAND, *map(str, arguments)], check=True, capture_output=True, text=True)
    return done.stdout
