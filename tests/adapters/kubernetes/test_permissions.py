"""The permissions that users are given are enough: both flows and an operator, on a Kafka that asks for them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, Producer
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from adapters.kubernetes.user_objects import Rule, rules_of, user_name
from models.contracts.topics import METER_EVENTS, OUTAGE_LIFECYCLE, dead_letter_topic
from scripts.kafka.broker import KafkaBroker
from scripts.kafka.ports import HOST, free_ports
from tests.adapters.prometheus.test_storm import METERS, PARTITIONS, gasp, ready
from tests.chaos.processes import environment
from tests.chaos.topics import ends
from tests.peers.commands import Operator
from tests.peers.kafka import eventually, skip_without_kafka
from tests.peers.opcua_command import make_network
from tests.worlds.storms import HOME

ROLES = ("ingest", "outages", "operators")
PASSWORD = "correct horse battery"
PATIENCE = 240.0
_KINDS = {"topic": ResourceType.TOPIC, "group": ResourceType.GROUP, "transactionalId": ResourceType.TRANSACTIONAL_ID}
_PATTERNS = {"literal": ResourcePatternType.LITERAL, "prefix": ResourcePatternType.PREFIXED}
_OPERATIONS = {
    "Read": AclOperation.READ,
    "Write": AclOperation.WRITE,
    "Describe": AclOperation.DESCRIBE,
    "DescribeConfigs": AclOperation.DESCRIBE_CONFIGS,
}


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """A broker that asks for permissions, with the users and theirs; who comes in by PLAINTEXT may do anything."""
    skip_without_kafka()
    properties = {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
        "listener.name.login.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.login.scram-sha-512.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
    }
    users = {user_name(role): PASSWORD for role in ROLES}
    listeners = {"LOGIN": "SASL_PLAINTEXT"}
    with KafkaBroker(
        tmp_path_factory.mktemp("asking") / "kafka", listeners=listeners, properties=properties, users=users
    ) as broker:
        admin = AdminClient({"bootstrap.servers": broker.bootstrap})
        bindings = [binding for role in ROLES for rule in rules_of(role) for binding in bind(role, rule)]
        for made in admin.create_acls(bindings).values():
            made.result(120)
        yield broker


def bind(role: str, rule: Rule) -> list[AclBinding]:
    who = f"User:{user_name(role)}"
    place = (_KINDS[rule.kind], rule.name, _PATTERNS[rule.pattern], who, "*")
    return [AclBinding(*place, _OPERATIONS[name], AclPermissionType.ALLOW) for name in rule.operations]


def as_user(broker: KafkaBroker, role: str, folder: Path) -> dict[str, str]:
    password = folder / "password"
    password.write_text(PASSWORD)
    settings = {
        "kafka_security_protocol": "SASL_PLAINTEXT",
        "kafka_sasl_mechanism": "SCRAM-SHA-512",
        "kafka_sasl_username": user_name(role),
        "kafka_sasl_password_file": str(password),
    }
    return environment(broker.addresses["LOGIN"], settings)


def test_what_is_not_given_is_refused(asking: KafkaBroker) -> None:
    Operator(asking.bootstrap, "", PARTITIONS)
    login = {"sasl.mechanism": "SCRAM-SHA-512", "sasl.username": user_name("outages"), "sasl.password": PASSWORD}
    producer = Producer(
        {"bootstrap.servers": asking.addresses["LOGIN"], "security.protocol": "SASL_PLAINTEXT", "log_level": 0, **login}
    )
    said: list[KafkaError | None] = []
    producer.produce(METER_EVENTS, b"forged", on_delivery=lambda error, _: said.append(error))
    producer.flush(120)
    assert [error.code() for error in said if error] == [KafkaError.TOPIC_AUTHORIZATION_FAILED]


def start(arguments: list[str], variables: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from cli.main import main; main()", *arguments]
    with log.open("wb") as output:
        return subprocess.Popen(command, cwd=HOME, env=variables, stdout=output, stderr=output)


def test_permissions_are_enough(asking: KafkaBroker, tmp_path: Path) -> None:
    everybody = Operator(asking.bootstrap, "", PARTITIONS)
    network = make_network(tmp_path / "network", ["breaker-1"])
    points = [f"p{meter},m{meter},transformer,1,0,0" for meter in range(METERS)]
    head = "usage_point_id,meter_id,device_id,load_kw,longitude,latitude"
    (network / "usage_points.csv").write_text("\n".join([head, *points]))
    with ExitStack() as stack:
        started = []
        for flow, port in zip(("ingest", "outages"), free_ports(2), strict=True):
            options = ["--network", str(network), "--state", str(tmp_path / f"state-{flow}")]
            log = tmp_path / f"{flow}.log"
            variables = as_user(asking, flow, tmp_path)
            process = start(["run", flow, *options, "--listen", f"{HOST}:{port}"], variables, log)
            stack.callback(process.wait)
            stack.callback(process.kill)
            started.append((process, f"{HOST}:{port}", log))
        for process, address, log in started:
            eventually(lambda process=process, address=address: ready(address) or process.poll() is not None, PATIENCE)  # type: ignore[misc]
            assert process.poll() is None, log.read_text()
        everybody.write(METER_EVENTS, 0, *map(gasp, range(METERS)))
        everybody.write(METER_EVENTS, 1, gasp(METERS + 5))
        for stem in (OUTAGE_LIFECYCLE, dead_letter_topic(METER_EVENTS)):
            places = [(stem, part) for part in range(PARTITIONS)]
            eventually(lambda places=places: any(ends(asking.bootstrap, places).values()), PATIENCE)  # type: ignore[misc]
    log = tmp_path / "storm-ready.log"
    commands = (
        ["storm-ready"],
        ["dlq", "list"],
        ["zones", "list"],
        ["evidence", "show", "--partition", "0", "--limit", "1"],
    )
    variables = as_user(asking, "operators", tmp_path)
    running = [start(command, variables, tmp_path / f"{command[0]}.log") for command in commands]
    codes = [process.wait(240) for process in running]
    assert codes == [1, 0, 0, 0], [(tmp_path / f"{command[0]}.log").read_text() for command in commands]
    seen = [line.partition(":")[0] for line in log.read_text().splitlines() if " lag flow " in line]
    assert len(seen) == 2
    assert "unknown" not in seen
