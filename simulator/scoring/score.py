"""The score of one replay against the truth: all that was found, of which `figures` and `details` are made.

Read in this order: `pairing` (which outage speaks of which fault), `detection` and `coverage`, `curves`, `momentary`,
`restoration`, `groups`, `calibration`, `causes`, `asking`, `violations`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simulator.scoring.asking import asking_figures
from simulator.scoring.calibration import Judgements, judgements
from simulator.scoring.causes import Causes
from simulator.scoring.coverage import coverage_delays
from simulator.scoring.curves import Curves, draw_curves
from simulator.scoring.detection import detection_delays, spoken_delays, sustained_delays, unreported
from simulator.scoring.groups import Groups, group_customers
from simulator.scoring.momentary import Momentaries, judge_momentaries
from simulator.scoring.operators import operator_figures
from simulator.scoring.pairing.matches import Matches, match_all
from simulator.scoring.reading.evidence import read_evidence
from simulator.scoring.reading.output import read_output
from simulator.scoring.reading.truth import read_truth
from simulator.scoring.restoration.messages import Told, who_was_told
from simulator.scoring.restoration.restored import Back, ToldWhileOut, told_in_time, told_while_out
from simulator.scoring.violations import find_violations

if TYPE_CHECKING:
    from pathlib import Path

    from models.network.network import Network
    from simulator.scoring.reading.evidence import Evidence
    from simulator.scoring.reading.output import Output
    from simulator.scoring.reading.truth import Truth

VERSION: Final = 3
"""Of the score's rules: figures of different versions are not to be compared."""


@dataclass(frozen=True, slots=True)
class Score:
    """What was found, by the numbers of faults, outages and records; delays are in seconds, by fault."""

    network: Network
    truth: Truth
    evidence: Evidence
    output: Output
    matches: Matches
    curves: Curves
    detection: dict[int, float]
    spoken: dict[int, float]
    unreported: list[int]
    """Faults that count of which nobody spoke."""
    coverage: dict[int, float]
    sustained: dict[int, float]
    momentaries: Momentaries
    told: Told
    while_out: ToldWhileOut
    back: Back
    judgements: Judgements
    wrong_causes: dict[int, str]
    """By the number of the outage."""
    missed_causes: dict[int, str]
    """By the number of the fault."""
    violations: dict[str, list[str]]
    groups: dict[str, Groups]
    """By kind: classes of customers, and the kinds of areas."""
    operators: dict[str, Any] | None = None
    """What became of their commands; None where nobody ordered anything."""
    asking: dict[str, Any] | None = None
    """What asking comes to; None where nobody was asked."""


def score(network: Network, truth_folder: Path, output_folder: Path) -> Score:
    """Score a replay's output against the folder that the simulator wrote. Raises `FaultsError`."""
    truth = read_truth(truth_folder, network)
    output = read_output(output_folder, network)
    found = judge(network, truth, read_evidence(truth_folder, network), output)
    return replace(
        found,
        operators=operator_figures(truth_folder, output_folder, output.revisions.lines),
        asking=asking_figures(network, truth.interrupted, output_folder),
    )


def judge(network: Network, truth: Truth, evidence: Evidence, output: Output) -> Score:
    """Score an output against the truth."""
    faults, outages = truth.faults, output.outages
    matches = match_all(network, faults, outages)
    told = who_was_told(network, output, evidence)
    spoken = spoken_delays(network, faults, outages, matches.counted, evidence)
    causes = Causes(network, faults, outages, matches)
    lasting = np.concatenate([matches.counted, matches.services, matches.others[~faults.momentary]])
    return Score(
        network=network,
        truth=truth,
        evidence=evidence,
        output=output,
        matches=matches,
        curves=draw_curves(network, truth, output, evidence.ends_at),
        detection=detection_delays(network, faults, outages, matches.counted, evidence),
        spoken=spoken,
        unreported=unreported(network, evidence, faults),
        coverage=coverage_delays(network, faults, output.revisions, evidence),
        sustained=sustained_delays(faults, outages, matches.counted),
        momentaries=judge_momentaries(network, faults, truth.interrupted, outages, lasting),
        told=told,
        while_out=told_while_out(network, told, truth, evidence),
        back=told_in_time(told, truth.interrupted, evidence.ends_at),
        judgements=judgements(outages, matches),
        wrong_causes=causes.wrong(),
        missed_causes=causes.missed(spoken),
        violations=find_violations(network, output, told),
        groups=group_customers(network, truth, output, evidence.ends_at),
    )
