"""Public warnings of simulated storms: valid, resolved, in time, and about those who are affected.

`python -m benchmarks.cap [--storms N]` plays storms over towns of 2,000 usage points, each through the engine;
`--speed` warns of outages of 1 to 50,000 points, one message after the other.
"""

from __future__ import annotations

from argparse import ArgumentParser
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from benchmarks.cap.speed import seconds_a_message
from benchmarks.cap.storm import Warnings, warn_of
from models.alerts.issuing.shape import HELD


def main() -> None:
    parser = ArgumentParser(prog="python -m benchmarks.cap", description=__doc__)
    parser.add_argument("--storms", type=int, default=20)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--speed", action="store_true", help="measure how long a message takes instead")
    given = parser.parse_args()
    if given.speed:
        for points, seconds in seconds_a_message().items():
            print(f"{points:,} points: {seconds:.3f} s a message")
        return
    found = Warnings()
    with ProcessPoolExecutor(given.processes, get_context("spawn")) as pool:
        for number, one in enumerate(pool.map(warn_of, range(1, given.storms + 1)), 1):
            found.add(one)
            if number % 20 == 0 or number == given.storms:
                print(text(number, found), flush=True)
    for fault in sorted(set(found.invalid)):
        print(fault)


def text(storms: int, found: Warnings) -> str:
    """All figures in a line."""
    shaped = len(found.held)
    return (
        f"{storms} storms, {found.messages:,} messages: {len(found.invalid)} faults, {found.unresolved} references to "
        f"nothing, {found.hasty} too soon; {shaped:,} with polygons, {sum(one >= HELD for one in found.held):,} hold "
        f"{HELD:.0%} of the affected, {found.fits:,} ({found.fits / max(shaped, 1):.1%}) fit; {found.nowhere} without"
    )


if __name__ == "__main__":
    main()
