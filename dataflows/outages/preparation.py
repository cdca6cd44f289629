"""What outages needs, found and checked as a whole before it starts."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

from adapters.estimates.estimator import digest_of, load_estimator
from adapters.kafka.clients.tail import first_offsets
from adapters.kafka.records.checkpoints import CHECKPOINT_MS, newest_checkpoint
from adapters.kafka.records.settled import adopted_id, first_version
from adapters.kafka.topics.ids import OtherTopicError, other_topics
from adapters.model.delivery_file import read_delivery
from adapters.model.parameters_file import read_model
from adapters.network.shelf import NetworkShelf, find_networks
from adapters.restricted.life_support import digest_of_table, listed_among, read_life_support
from dataflows.service.code_version import code_version
from dataflows.service.preparation import (
    LAYOUT_NAME,
    RECONCILED,
    RULES_NAME,
    WITH_NETWORK,
    Gathered,
    begin_with,
    placement,
    reach_cluster,
)
from dataflows.service.state import other_rules
from models.contracts.topics import EVIDENCE_LOG, RAW_TOPICS, ZONE_CHECKPOINT
from models.digest import digest
from models.evidence.log_following import LogFollower
from models.network.faults import NetworkFaults
from models.outages.engine import Engine
from models.outages.rules_version import RULES
from models.outages.snapshot import LAYOUT, read_head
from models.outages.versions.tables import Tables
from models.outages.weights.delivery import lay_delivery
from models.outages.weights.parameters import Parameters
from models.refusal import FaultsError
from models.times.units import END_OF_TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from adapters.kafka.records.checkpoints import Checkpoint
    from adapters.kafka.topics.cluster import Cluster
    from adapters.state.folder import Identity
    from dataflows.outages.settings import OutagesSettings
    from models.network.network import Network
    from models.outages.estimate.estimator import Estimator
    from models.outages.weights.delivery import DeliveryRate

    FindNetwork = Callable[[str], Network | None]


@dataclass(frozen=True, slots=True)
class Start:
    """Where an evidence partition begins that has no snapshot here."""

    offset: int
    state: bytes | None
    reconciling: bool = False
    """The outputs go on with what other rules have written."""

    @property
    def begin(self) -> tuple[int, dict[str, int], list[str]]:
        """Where the log is read on, by origin the offset that is expected there, and the versions of the network.

        Of these the last one is that which was released last; none is told where the log begins.
        """
        if self.state is None:
            return self.offset, {}, []
        head = read_head(self.state)
        return self.offset, head.offsets, head.releases.versions or [head.network]


@dataclass(slots=True)
class PreparedOutages:
    """What outages runs with."""

    settings: OutagesSettings
    network: Network
    """One of the versions: all agree about partitions."""
    shelf: NetworkShelf
    rates: Sequence[DeliveryRate]
    parameters: Parameters
    estimator: Estimator | None
    cluster: Cluster
    version: str
    reconciling: bool = False
    """What stands in the outputs was written by other rules: what is open is said once more."""
    foreign_checkpoint: Callable[[], object] = lambda: None
    """Called for each record among the checkpoints that is none."""
    _tables: Tables = field(init=False)
    _first_versions: dict[int, str] = field(default_factory=dict)
    _starts: dict[int, Start] = field(default_factory=dict)

    def __post_init__(self) -> None:
        who = partial(listed_among, self.settings.life_support)
        self._tables = Tables(self.network_of, self.parameters, self.rates, self.estimator, who)

    @property
    def own_partitions(self) -> list[int]:
        """The evidence partitions of this process."""
        return list(range(self.settings.process, self.cluster.evidence_partitions, self.settings.processes))

    def identity(self) -> Identity:
        """Say what a state of this process belongs to."""
        return {"flow": "outages", **placement(self.settings, self.cluster), **self.maker()}

    def take_up(self, identity: Identity) -> None:
        """Hear what the state that was taken up belongs to."""
        self.reconciling = RECONCILED in identity

    def maker(self) -> Identity:
        """Say all that has a say in the output besides the log."""
        return {
            "model": digest(self.parameters.model_dump_json().encode()),
            "delivery": digest(repr([astuple(row) for row in self.rates]).encode()),
            "estimates": digest_of(self.estimator),
            "life support": digest_of_table(self.settings.life_support),
            "organisation": self.settings.organisation,
            RULES_NAME: str(RULES),
            LAYOUT_NAME: str(LAYOUT),
        }

    @property
    def identity_bytes(self) -> bytes:
        """What a checkpoint is of."""
        return orjson.dumps(self.maker(), option=orjson.OPT_SORT_KEYS)

    @property
    def log_id(self) -> str:
        """The id of the evidence log; empty where the broker gives none."""
        return self.cluster.topic_ids.get(EVIDENCE_LOG, "")

    def check_log(self, known: str) -> None:
        """Make sure that offsets of a log with this id are of the log that is there, or of one adopted in its place.

        Raises `OtherTopicError`.
        """
        if not known or not self.log_id or known == self.log_id:
            return
        if adopted_id(self.cluster.client, self.cluster.evidence_log, self.cluster.evidence_partitions) != self.log_id:
            raise OtherTopicError(other_topics({EVIDENCE_LOG: known}, self.cluster.topic_ids))

    def build_engine(self, partition: int, state: bytes | None, version: str | None = None) -> Engine:
        """Build the engine of a partition from its state, or anew: of the log's first version, or of another one."""
        version = version or self.first_version(partition)
        if state is not None:
            head = read_head(state)
            version = head.network
            for release in head.releases.pending:
                self.network_of(release.version)
        origins = [f"{topic}/0" for topic in RAW_TOPICS]
        zones = self.network_of(version).zone_partition == partition
        engine = Engine(self._tables.of(version), origins, self.settings.organisation, state, zones, partition)
        engine.shared_of = self._tables.of
        return engine

    def network_of(self, version: str) -> Network:
        """Give a version of the network. Raises `NetworkFaults` where it is not there."""
        network = self.shelf.find(version)
        if network is None:
            raise NetworkFaults(
                [f"{self.shelf.path} has no version {version} of the network, which is needed; put its file there"]
            )
        return network

    def follower(self, expected: dict[str, int], versions: Sequence[str], find: FindNetwork) -> LogFollower:
        """Follow a partition of the log from where its origins and the versions of the network stand."""
        return LogFollower(self.network_of(versions[-1]), expected, list(versions[:-1]), find)

    def first_version(self, partition: int) -> str:
        """Give the version of the network with which a partition of the log begins; of an empty one that is at hand."""
        if partition not in self._first_versions:
            found = first_version(self.cluster.client, (self.cluster.evidence_log, partition))
            self._first_versions[partition] = found or self.network.version
        return self._first_versions[partition]

    def start(self, partition: int) -> Start:
        """Find where to begin without a snapshot: the newest checkpoint, else the log's first record if it is whole.

        Raises `FaultsError` where neither is left.
        """
        if partition not in self._starts:
            self._starts[partition] = self._find_start(partition)
        return self._starts[partition]

    def start_before(self, partition: int, instant: int) -> Start:
        """Find where to begin so that nothing from an instant (milliseconds) on is missed."""
        return self._find_start(partition, instant // CHECKPOINT_MS)

    def _find_start(self, partition: int, newest: int = END_OF_TIME) -> Start:
        cluster = self.cluster
        log, kept = (cluster.evidence_log, partition), (cluster.name(ZONE_CHECKPOINT), partition)
        first = first_offsets(cluster.client, [log])[log]
        checkpoint = newest_checkpoint(cluster.client, kept, newest, self.foreign_checkpoint)
        if checkpoint is not None and checkpoint.offset >= first:
            self.check_log(checkpoint.log_id)
            found = self._start_from(partition, checkpoint)
            if found is not None:
                return found
        if first == 0:
            return Start(0, None, self.reconciling)
        where = f"{log[0]}/{partition} begins at offset {first}: its head is gone, and no checkpoint is left"
        remedy = "restore the state folder of the process that had this partition, or begin anew (docs/operations.md)"
        raise FaultsError([f"{where}; {remedy}"])

    def _start_from(self, partition: int, checkpoint: Checkpoint) -> Start | None:
        """Begin with a checkpoint; None where it is written in another way, so that the log itself is needed.

        Raises `FaultsError` for one that was made with something else.
        """
        theirs, ours = orjson.loads(checkpoint.identity), self.maker()
        others = {name for name in {**theirs, **ours} if theirs.get(name) != ours.get(name)} - WITH_NETWORK
        if LAYOUT_NAME in others:
            others.discard("delivery")  # it was told by the network's collectors
        if RULES_NAME in others and not (self.settings.reconcile and others <= {RULES_NAME, LAYOUT_NAME}):
            raise FaultsError([other_rules(f"the checkpoint of evidence partition {partition}", theirs, ours)])
        if others - {RULES_NAME, LAYOUT_NAME}:
            raise FaultsError(_differences(partition, theirs, ours))
        self.reconciling |= RULES_NAME in others
        return None if LAYOUT_NAME in others else Start(checkpoint.offset, checkpoint.state, self.reconciling)


def check_together(named: Mapping[str, Any]) -> None:
    """Look whether network and model know what the other tables name. Raises `FaultsError`."""
    network, delivery = named.get("network"), named.get("delivery")
    if network is not None and named.get("life_support") is not None:
        read_life_support(named["life_support"], find_networks(network))
    if network is not None and delivery is not None and "model" in named:
        parameters = read_model(named["model"]) if named["model"] else Parameters()
        lay_delivery(find_networks(network), parameters, read_delivery(delivery))


def prepare_outages(settings: OutagesSettings) -> PreparedOutages:
    """Find what outages needs. Raises `FaultsError` with every fault."""
    gathered = Gathered()
    parameters = gathered.find(lambda: read_model(settings.model) if settings.model else Parameters())
    rates = gathered.find(lambda: read_delivery(settings.delivery) if settings.delivery else [])
    estimator = gathered.find(lambda: load_estimator(settings.estimates, settings.promises, settings.time_zone))
    shelf = NetworkShelf(settings.network)
    network = gathered.find(shelf.first)
    cluster = gathered.find(lambda: reach_cluster(settings, network.evidence_partitions if network else None))
    if network is None or parameters is None or rates is None:
        raise FaultsError(gathered.faults)
    gathered.find(lambda: lay_delivery(network, parameters, rates))
    gathered.find(lambda: read_life_support(settings.life_support, network))
    if cluster is None or gathered.faults:
        raise FaultsError(gathered.faults)
    begins = begin_with(shelf, network, cluster)
    return PreparedOutages(settings, begins, shelf, rates, parameters, estimator, cluster, code_version())


def _differences(partition: int, theirs: dict[str, Any], ours: dict[str, Any]) -> list[str]:
    return [
        f"the checkpoint of evidence partition {partition} is of another {name}: {theirs.get(name)}, now {value}; "
        "run with what it was made with, until a clean stop"
        for name, value in ours.items()
        if theirs.get(name) != value
    ]
