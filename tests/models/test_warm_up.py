"""The storm in miniature reaches every loop that Python calls."""

import subprocess
import sys

from tests.storms import HOME

PROGRAM = """
import gc
from models.warm_up import warm_up
from numba.core.dispatcher import Dispatcher
print(warm_up() > 5, *sorted(
    loop.py_func.__name__ for loop in gc.get_objects()
    if isinstance(loop, Dispatcher) and loop.py_func.__module__.startswith("models.") and not loop.signatures
))
"""


def test_a_start_loads_what_a_storm_needs() -> None:
    told = subprocess.run([sys.executable, "-c", PROGRAM], cwd=HOME, capture_output=True, text=True, check=True)
    published, *never_called = told.stdout.split()
    assert published == "True"
    for loop in (
        "explain_zones",
        "join_points",
        "join_devices",
        "concerned",
        "listen",
        "judge_silence",
        "_scan",
        "_find",
    ):
        assert loop not in never_called
