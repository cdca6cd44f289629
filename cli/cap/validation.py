"""What `faultline cap validate` finds in a file, and how it is written."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from adapters.cap.reading import RefusedError, parse_message, read_file
from adapters.cap.signing import NotVerifiedError, read_trusted, verify
from models.alerts.element import SIGNATURE
from models.alerts.findings import Finding
from models.alerts.places import Box, parse_box
from models.alerts.rules.profiles import PROFILES
from models.alerts.rules.signature import VERIFIED
from models.alerts.validation import is_valid, validate
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cryptography.x509 import Certificate

    from models.alerts.element import Element

MARGIN: Final = 0.1
"""Degrees about a network's usage points that still count as its territory: an area has a buffer."""


class Options(NamedTuple):
    """What is asked besides the standard."""

    profile: str | None
    territory: Box | None
    trusted: list[Certificate] | None


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in a file."""

    file: str
    valid: bool
    identifier: str
    """Empty if the file could not be read as a message."""
    findings: list[Finding]


def options_of(profile: str | None, territory: str | None, network: Path | None, trust: Path | None = None) -> Options:
    """Read the options. Raises `FaultsError` with all that is wrong with them."""
    faults = []
    box: Box | None = None
    if profile is not None and profile not in PROFILES:
        faults.append(f"--profile {profile}: there is no such profile; take one of {', '.join(PROFILES)}")
    if territory is not None and network is not None:
        faults.append("--territory and --network both say where areas have to lie; give one of them")
    elif territory is not None:
        try:
            box = parse_box(territory)
        except ValueError as fault:
            faults.append(f"--territory {territory} {fault}")
    trusted = None
    try:
        trusted = None if trust is None else read_trusted(trust)
    except FaultsError as error:
        faults += error.faults
    if faults:
        raise FaultsError(faults)
    return Options(profile, box if network is None else _box_of(network), trusted)


def check_file(file: Path, options: Options) -> Report:
    """Check one file. Raises OSError if it cannot be read."""
    content = read_file(file)
    try:
        alert = parse_message(content)
    except RefusedError as refused:
        return Report(str(file), valid=False, identifier="", findings=[refused.finding])
    findings = [*validate(alert, options.profile, options.territory), *_signature(alert, content, options.trusted)]
    return Report(str(file), is_valid(findings), alert.value("identifier"), findings)


def _signature(alert: Element, content: bytes, trusted: list[Certificate] | None) -> Iterator[Finding]:
    """What is wrong with a message's signature: a fault only where it was asked to be somebody's."""
    advice = trusted is None
    found = next((child for child in alert.children if child.namespace == SIGNATURE), None)
    if found is None:
        if not advice:
            yield Finding(VERIFIED.name, VERIFIED.section, "alert", alert.line, "has no signature")
        return
    try:
        verify(content, trusted)
    except NotVerifiedError as error:
        yield Finding(VERIFIED.name, VERIFIED.section, "alert/Signature", found.line, str(error), advice=advice)
    except FaultsError as error:
        yield Finding(VERIFIED.name, VERIFIED.section, "alert/Signature", found.line, error.faults[0], advice=advice)


def lines_of(report: Report, *, as_json: bool) -> list[str]:
    """Write a report: in JSON one line, for people a line a finding and one that sums up."""
    if as_json:
        return [orjson.dumps(asdict(report)).decode()]
    lines = [_line(report.file, finding) for finding in report.findings]
    faults = sum(not finding.advice for finding in report.findings)
    verdict = "valid" if report.valid else f"invalid, {faults} fault{'s' * (faults > 1)}"
    return [*lines, f"{report.file}: {verdict}"]


def _line(file: str, finding: Finding) -> str:
    place = f"{file}:{finding.line}" if finding.line else file
    where = f"{finding.where}: " if finding.where else ""
    kind = "advice: " if finding.advice else ""
    return f"{place}: {kind}{finding.rule} ({finding.section}): {where}{finding.reason}"


def _box_of(network: Path) -> Box:
    import numpy as np

    from adapters.network.load import load_network

    loaded = load_network(network)
    latitudes, longitudes = loaded.point_latitude, loaded.point_longitude
    placed = np.isfinite(latitudes) & np.isfinite(longitudes)
    if not placed.any():
        raise FaultsError(
            [f"{network}: no usage point has coordinates; give --territory south,west,north,east instead"]
        )
    south, north = float(latitudes[placed].min()), float(latitudes[placed].max())
    west, east = float(longitudes[placed].min()), float(longitudes[placed].max())
    return Box(south - MARGIN, west - MARGIN, north + MARGIN, east + MARGIN)
