"""What a replay is given, checked as a whole: every fault is told at once, before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.estimates.estimator import digest_of, load_estimator
from adapters.files.topics import find_topic_files
from adapters.model.delivery_file import read_delivery
from adapters.model.parameters_file import read_model
from adapters.network.compiled_file import load_artefact
from adapters.network.load import load_network
from adapters.restricted.life_support import digest_of_table, listed_among, read_life_support
from dataflows.ingest.files import LINES_AT_ONCE
from dataflows.service.preparation import LAYOUT_NAME, RULES_NAME, Gathered
from models.contracts.topics import RAW_TOPICS
from models.digest import digest
from models.ingest import rules_version as ingest_rules
from models.ingest.mounting.laid import FROM_THE_START, InForce
from models.ingest.origin_reader import OriginReader
from models.network.versions import successor_faults
from models.outages.engine import Engine
from models.outages.rules_version import RULES
from models.outages.snapshot import LAYOUT, read_head
from models.outages.versions.tables import Tables
from models.outages.weights.delivery import lay_delivery
from models.outages.weights.parameters import Parameters
from models.refusal import FaultsError
from models.times.iso8601 import parse_time
from models.times.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from adapters.files.topics import TopicFile
    from models.network.network import Network
    from models.outages.estimate.estimator import Estimator
    from models.outages.weights.delivery import Delivery, DeliveryRate


@dataclass(frozen=True, slots=True)
class ReplaySettings:
    """A replay as a person asks for it; each field is an option of `faultline replay`."""

    network: Path
    input: Path
    output: Path
    batch_size: int = LINES_AT_ONCE
    model: Path | None = None
    delivery: str | None = None
    organisation: str = "default"
    estimates: Path | None = None
    promises: Path | None = None
    life_support: Path | None = None
    releases: Sequence[str] = ()
    """`<time>[,<when its tables were drawn>]=<compiled network>` each: versions to take up on the way."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the settings name, read and found without fault."""

    settings: ReplaySettings
    network: Network
    files: Sequence[TopicFile]
    parameters: Parameters
    delivery: Delivery
    estimator: Estimator | None
    rates: Sequence[DeliveryRate] = ()
    later: Sequence[tuple[InForce, Network]] = ()
    """Versions to take up."""

    def build_engine(self, state: bytes | None, zones: NDArray[np.bool_] | None = None) -> Engine:
        """Build the engine anew, of some zones or all, or from a snapshot."""
        version = self.network.version if state is None else read_head(state).network
        who = partial(listed_among, self.settings.life_support)
        tables = Tables(self._network_of, self.parameters, self.rates, self.estimator, who)
        origins = [self.origin(file) for file in self.files]
        engine = Engine(tables.of(version), origins, self.settings.organisation, state, zones)
        engine.shared_of = tables.of
        if state is None:
            for since, network in self.later:
                engine.release(network.version, since.at)
        return engine

    def _network_of(self, version: str) -> Network:
        known = (self.network, *(network for _, network in self.later))
        return next(network for network in known if network.version == version)

    def origin(self, file: TopicFile) -> str:
        """Name a file as an origin."""
        return OriginReader(self.network, file.topic).origin

    def identity(self) -> dict[str, str]:
        """Say what a state belongs to besides its input; how many lines are read at once does not matter."""
        return {
            "network": self.network.version,
            "model": digest(self.parameters.model_dump_json().encode()),
            "delivery": digest(self.delivery.rates.tobytes(), self.delivery.point_class.tobytes()),
            "estimates": digest_of(self.estimator),
            "life support": digest_of_table(self.settings.life_support),
            "organisation": self.settings.organisation,
            "releases": " ".join(
                f"{since.at}={network.version}" + (f",{since.drawn_at}" if since.drawn_at else "")
                for since, network in self.later
            ),
            "output folder": str(self.settings.output.resolve()),
            RULES_NAME: f"{ingest_rules.RULES} and {RULES}",
            LAYOUT_NAME: str(LAYOUT),
        }


def prepare(settings: ReplaySettings) -> Prepared:
    """Read what the settings name. Raises `FaultsError` with every fault of all of them."""
    gathered = Gathered(_faults_of_values(settings))
    files = gathered.find(lambda: find_topic_files(settings.input, RAW_TOPICS))
    parameters = gathered.find(lambda: read_model(settings.model) if settings.model else Parameters())
    rates = gathered.find(lambda: read_delivery(settings.delivery) if settings.delivery else [])
    estimator = gathered.find(lambda: load_estimator(settings.estimates, settings.promises))
    network = gathered.find(lambda: load_network(settings.network))
    if network is None or parameters is None or rates is None:
        raise FaultsError(gathered.faults)
    delivery = gathered.find(lambda: lay_delivery(network, parameters, rates))
    gathered.find(lambda: read_life_support(settings.life_support, network))
    if gathered.faults or files is None or delivery is None:
        raise FaultsError(gathered.faults)
    later = gathered.find(lambda: read_releases(settings.releases, network))
    if later is None:
        raise FaultsError(gathered.faults)
    return Prepared(settings, network, files, parameters, delivery, estimator, rates, later)


def read_releases(given: Sequence[str], network: Network | None) -> list[tuple[InForce, Network]]:
    """Read `<time>[,<time>]=<compiled network>`, in the order of the first. Raises `FaultsError` with every fault."""
    gathered, later = Gathered(), []
    for text in given:
        times, _, path = text.partition("=")
        time, _, drawn = times.partition(",")
        try:
            since = InForce(parse_time(time), parse_time(drawn) if drawn else 0)
        except ValueError as error:
            gathered.faults.append(f"release {text}: {time!r} {error}; give TIME=FILE or TIME,TIME=FILE")
            continue
        if since.at % SECOND:
            gathered.faults.append(f"release {text}: a version begins with a whole second; leave the fraction out")
        version = gathered.find(partial(load_artefact, Path(path)))
        if version is not None:
            later.append((since, version))
    if network is not None:
        for (before, one), (since, other) in pairwise([(FROM_THE_START, network), *later]):
            gathered.faults += [f"release {other.version}: {fault}" for fault in successor_faults(other, one)]
            if since.at <= before.at:
                gathered.faults.append(f"release {other.version} is not later than what is released before it")
    if gathered.faults:
        raise FaultsError(gathered.faults)
    return later


def _faults_of_values(settings: ReplaySettings) -> list[str]:
    faults = []
    if settings.batch_size < 1:
        faults.append(f"batch size {settings.batch_size} is no number of lines; give 1 or more")
    if not settings.organisation.strip():
        faults.append("organisation is empty; give the name that the records are to carry")
    if settings.output.exists() and not settings.output.is_dir():
        faults.append(f"output {settings.output} is no folder; give a folder, which is made if it is missing")
    return faults
