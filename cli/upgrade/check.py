"""What `faultline upgrade check` finds in a state folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from adapters.state.folder import read_manifest
from dataflows.service.preparation import LAYOUT_NAME, RULES_NAME
from models.outages.rules_version import RULES
from models.outages.snapshot import LAYOUT
from models.refusal import FaultsError

if TYPE_CHECKING:
    from pathlib import Path


class Verdict(NamedTuple):
    """How this version goes on with a state."""

    name: str
    message: str
    goes_on: bool


def verdict_of(folder: Path) -> Verdict:
    """Judge a state folder by its manifest. Raises `FaultsError` where it has none that can be read."""
    manifest = read_manifest(folder)
    if manifest is None:
        raise FaultsError([f"{folder} holds no state; give the folder of --state"])
    identity, clean = manifest["identity"], bool(manifest["finished"])
    if RULES_NAME not in identity:
        return Verdict("goes on", "this flow keeps nothing that depends on rules", goes_on=True)
    theirs, layout = identity[RULES_NAME], identity.get(LAYOUT_NAME)
    same_rules, same_layout = theirs == str(RULES), layout == str(LAYOUT)
    if same_rules and same_layout:
        return Verdict("goes on", f"rules {RULES} and state layout {LAYOUT} as they are", goes_on=True)
    if same_rules:
        how = f"state layout {layout}, now {LAYOUT}: the flow goes on from a checkpoint or the evidence log"
        return Verdict("anew", how, goes_on=True)
    change = f"made by rules {theirs}, this version has {RULES}"
    if clean and same_layout:
        return Verdict("goes on", f"{change}, after a clean stop", goes_on=True)
    if not same_layout:
        return Verdict("reconcile", f"{change}, and in state layout {layout}, now {LAYOUT}: --reconcile", goes_on=False)
    return Verdict("after a clean stop", f"{change}: stop the old one with SIGTERM, or give --reconcile", goes_on=False)
