"""The storm in miniature reaches every loop that Python calls."""

import subprocess
import sys

from tests.worlds.storms import HOME

PROGRAM = """
import gc
from dataflows.service.warm_up import warm_up, warm_up_files
from numba.core.dispatcher import Dispatcher
published = warm_up()
loops = {
    (loop.py_func.__module__, loop.py_func.__name__): loop
    for loop in gc.get_objects() if isinstance(loop, Dispatcher) and loop.py_func.__module__.startswith("models.")
}
# A loop that another loop calls comes with it; what is left is called by Python.
inner = {name for loop in loops.values() for name in loop.py_func.__code__.co_names}
def never_called():
    return sorted(name for (_, name), loop in loops.items() if name not in inner and not loop.signatures)
print(published > 5, len(loops), *never_called())
print(warm_up_files() > 5, *never_called())
"""


def test_a_start_loads_what_a_storm_needs() -> None:
    run = subprocess.run([sys.executable, "-c", PROGRAM], cwd=HOME, capture_output=True, text=True, check=True)
    on_kafka, from_files = run.stdout.splitlines()
    published, count, *never_called = on_kafka.split()
    assert published == "True"
    assert int(count) > 20
    assert never_called == ["_admit"]  # files only: on Kafka the log time is the record's
    assert from_files == "True"
