"""How much of the doubt after a restoration is settled by how many questions, against asking every silent point.

`python -m benchmarks.asking --network TABLES [--presets full,bad] [--seeds 5] [--least 0.1,0.03,0.01]`: each storm is
made and replayed, and its life cycle and ledger lived through: by who asks nobody, by who asks every usage point that
is silent when the time to wait is over, and by the flow with each of some thresholds. Who is asked answers by the truth
half a minute later; a share `--mute` never does. Doubt is taken every five minutes, of all whose time to wait is over.
"""

from __future__ import annotations

import os
import random
from argparse import ArgumentParser
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from adapters.network.load import load_network
from benchmarks.notifications.__main__ import command
from models.asking.policy import AskingPolicy
from simulator.scoring.asking import EVERYBODY, NOBODY, Asker, Instants, Spans, read_instants, spans_of
from simulator.scoring.reading.truth import read_truth

if TYPE_CHECKING:
    from models.network.network import Network


class Storm(NamedTuple):
    """A storm as it was, and as it was replayed."""

    network: Network
    spans: Spans
    instants: Instants


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--network", type=Path, required=True)
    parser.add_argument("--presets", default="full,bad")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--least", default="0.3,0.1,0.03,0.01")
    parser.add_argument("--mute", type=float, default=0.0)
    options = parser.parse_args()
    policies = {f"least {bits} bits": AskingPolicy(least_bits=float(bits)) for bits in options.least.split(",")}
    policies = {"nobody": NOBODY, "everybody": EVERYBODY, **policies}
    for preset in options.presets.split(","):
        sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
        for seed in range(1, options.seeds + 1):
            with TemporaryDirectory() as name:
                storm = make(options.network, preset, seed, Path(name))
            draw = random.Random(seed)
            mute = frozenset(name for name in storm.network.point_ids if draw.random() < options.mute)
            for who, policy in policies.items():
                asker = Asker(storm.network, policy, storm.spans, mute).live(storm.instants)
                found = float(len(asker.found))
                sums[who] = [a + b for a, b in zip(sums[who], (asker.asked, asker.doubt_minutes, found), strict=True)]
        show(preset, sums)


def make(tables: Path, preset: str, seed: int, folder: Path) -> Storm:
    """Make a storm and replay it."""
    made, out = folder / "storm", folder / "out"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FAULTLINE_")}
    command(["simulate", "--network", tables, "--output", made, "--seed", seed, "--preset", preset], environment)
    command(["replay", "--network", made / "network", "--input", made, "--output", out], environment)
    network = load_network(made / "network")
    return Storm(network, spans_of(network, read_truth(made, network).interrupted), read_instants(out))


def show(preset: str, sums: dict[str, list[float]]) -> None:
    most, all_doubt, all_found = sums["everybody"][0], sums["nobody"][1], sums["everybody"][2]
    settled = all_doubt - sums["everybody"][1]
    for who, (asked, left, found) in sums.items():
        share = (all_doubt - left) / settled if settled else 0.0
        print(
            f"{preset}, {who}: {asked:,.0f} asked ({asked / most:.1%}), {share:.1%} of the doubt settled that asking "
            f"everybody settles; {found:,.0f} of {all_found:,.0f} found that are out still",
            flush=True,
        )


if __name__ == "__main__":
    main()
