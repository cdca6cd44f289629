"""The status API as a process on a broker: the record as it stands, and nothing to who may not have it."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import jwt
import orjson
import pytest
from confluent_kafka import Producer
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm
from starlette.applications import Starlette

from adapters.kafka.records.output_record import outgoing
from adapters.network.load import load_network
from adapters.status.gate import Bucket
from adapters.status.openapi import document
from adapters.status.server import serve_status
from models.contracts.outputs.customer_power import CustomerPowerRecord
from models.contracts.registry import output_of
from models.contracts.topics import OUTAGE_CLOCK, ZONE_HEALTH
from models.customers.output import CUSTOMER_POWER
from models.refusal import FaultsError
from scripts.kafka.ports import free_ports
from tests.chaos.processes import environment
from tests.peers.embedded import broker_with
from tests.peers.kafka import eventually
from tests.worlds.golden import GOLDEN
from tests.worlds.storms import COMMAND, HOME

DESK, OWN, BUSY = "desk-secret", "own-secret", "busy-secret"
NETWORK = load_network(GOLDEN / "network")
NAMES = list(NETWORK.point_ids)
SEVERAL = "A00000068"
"""An account of two usage points, of which the first is out."""
FIRST = NAMES[int(NETWORK.points_of_account(SEVERAL)[0])]
AT = "2026-07-12T17:00:25.000Z"
SIGNS = ec.generate_private_key(ec.SECP256R1())


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: Any


def record(name: str, sequence: int, power: str = "out") -> dict[str, Any]:
    return {
        "event_id": f"{name}:{AT}", "schema_version": 1, "organisation": "default", "sequence": sequence,
        "updated_at": AT, "usage_point_id": name, "zone_id": "hartford-1", "power": power, "as_of": AT, "stale": False,
        "outage_id": "a" * 26, "revision": 1, "since": AT, "basis": "inferred", "planned": None, "etr_public": None,
        "etr_stage": None, "message_code": "detected", "message_parameters": {"since": AT},
    }  # fmt: skip


def write(broker: str, stem: str, *records: dict[str, Any]) -> None:
    output = CUSTOMER_POWER if stem == CUSTOMER_POWER.topic else output_of(stem)
    producer = Producer({"bootstrap.servers": broker, "log_level": 0})
    for one in (outgoing(output, some, "default") for some in records):
        producer.produce(stem, one.value, one.key, 0, headers=list(one.headers or ()))
    assert producer.flush(60) == 0


def key(name: str, secret: str, **more: Any) -> str:
    fields = {"name": name, "sha256": sha256(secret.encode()).hexdigest(), "scope": "everybody"} | more
    return "\n".join(
        ["[[keys]]", *(f"{field} = {orjson.dumps(value).decode()}" for field, value in fields.items()), ""]
    )


def token(scope: str, **claims: Any) -> str:
    said = {"iss": "login", "aud": "status", "exp": int(time.time()) + 600, "scope": scope} | claims
    return jwt.encode(said, SIGNS, "ES256")


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    with broker_with(CUSTOMER_POWER.topic) as broker:
        write(broker, CUSTOMER_POWER.topic, record(NAMES[0], 1), record(NAMES[1], 2), record(NAMES[2], 3))
        write(broker, CUSTOMER_POWER.topic, {"usage_point_id": NAMES[2], "zone_id": "hartford-1",
              "tombstone": True, "sequence": 4, "updated_at": AT})  # fmt: skip
        write(broker, CUSTOMER_POWER.topic, record(FIRST, 5))
        yield broker


@pytest.fixture(scope="module")
def port(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder, (port,) = tmp_path_factory.mktemp("status"), free_ports(1)
    account = NETWORK.account_ids[int(NETWORK.account[0])]
    many = {"requests_per_second": 1000.0, "burst": 1000}
    keys = [
        key("desk", DESK, **many), key("own", OWN, scope="account", account_id=account, **many),
        key("busy", BUSY, requests_per_second=0.001, burst=3),
    ]  # fmt: skip
    (folder / "jwks.json").write_bytes(orjson.dumps({"keys": [ECAlgorithm.to_jwk(SIGNS.public_key(), as_dict=True)]}))
    fields = {"name": "sign-in", "issuer": "login", "audience": "status", "jwks_file": str(folder / "jwks.json")}
    fields |= {"everybody_scope": "power.all", "account_scope": "power.own"}
    issuer = [f"{field} = {orjson.dumps(value).decode()}\n" for field, value in fields.items()]
    (folder / "keys.toml").write_text("".join([*keys, "[[issuers]]\nburst = 15\n", *issuer]))
    arguments = ["--network", GOLDEN / "network", "--keys", folder / "keys.toml", "--listen", f"127.0.0.1:{port}"]
    command = [*COMMAND, "serve", "status", *map(str, arguments)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=HOME, env=environment(broker, {"embedded": "true"}), stderr=log)
    try:
        eventually(lambda: is_ready(process, port, folder / "log"), 300.0)
        yield port
    finally:
        process.terminate()
        assert process.wait(60) == 0, (folder / "log").read_text()


def is_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> bool:
    assert process.poll() is None, log.read_text()
    try:
        return ask(port, "/readyz", None).status == 200
    except OSError:
        return False


def ask(port: int, path: str, secret: str | None = DESK, body: Any = None, **headers: str) -> Answer:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as client:
        given = {"Authorization": f"Bearer {secret}"} if secret else {}
        content = body if isinstance(body, bytes) or body is None else orjson.dumps(body)
        client.request("GET" if body is None else "POST", path, content, given | headers)
        answer = client.getresponse()
        text = answer.read()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, told, orjson.loads(text) if "json" in told.get("content-type", "") else text)


def test_a_record_is_told_as_it_stands_and_once_if_it_is_known(port: int) -> None:
    path = f"/v1/usage-points/{NAMES[0]}/power"
    told = ask(port, path)
    assert told.status == 200
    assert told.body == record(NAMES[0], 1) | {"stale": True}  # no clock has been heard
    CustomerPowerRecord.model_validate(told.body)
    assert told.headers["cache-control"] == "private, max-age=5"
    again = ask(port, path, **{"If-None-Match": told.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    never = ask(port, f"/v1/usage-points/{NAMES[3]}/power").body
    assert (never["power"], never["outage_id"], never["message_code"]) == ("on", None, None)
    assert never["stale"]
    gone = ask(port, f"/v1/usage-points/{NAMES[2]}/power").body
    assert gone["outage_id"] is None


def test_who_asks_is_known_and_told_of_nothing_else(port: int) -> None:
    path = f"/v1/usage-points/{NAMES[0]}/power"
    for secret in (None, "", "wrong", sha256(DESK.encode()).hexdigest(), token("x", sub="x")[:-9]):
        refused = ask(port, path, secret)
        assert (refused.status, refused.headers["www-authenticate"].split()[0]) == (401, "Bearer")
        assert ("invalid_token" in refused.headers["www-authenticate"]) == bool(secret)
    mine = [NAMES[position] for position in NETWORK.points_of_account(NETWORK.account_ids[int(NETWORK.account[0])])]
    others = next(name for name in NAMES if name not in mine)
    assert ask(port, f"/v1/usage-points/{mine[0]}/power", OWN).status == 200
    foreign, nobody = (ask(port, f"/v1/usage-points/{name}/power", OWN) for name in (others, "nobody"))
    assert foreign.status == 404
    assert foreign.body == nobody.body == ask(port, "/v1/usage-points/nobody/power").body
    account = NETWORK.account_ids[int(NETWORK.account[0])]
    assert [one["usage_point_id"] for one in ask(port, f"/v1/accounts/{account}/power", OWN).body["states"]] == mine
    assert ask(port, f"/v1/accounts/{account}/power", OWN).body["power"] == "out"
    told = ask(port, f"/v1/accounts/{SEVERAL}/power").body
    assert ([one["power"] for one in told["states"]], told["power"]) == (["out", "on"], "partial")
    another = next(name for name in NETWORK.account_ids if name != account)
    assert ask(port, f"/v1/accounts/{another}/power", OWN).status == 404
    assert ask(port, f"/v1/accounts/{another}/power").status == 200
    told = ask(port, "/v1/power/batch", OWN, {"usage_point_ids": [mine[0], others, "nobody", mine[0]]}).body
    assert ([one["usage_point_id"] for one in told["states"]], told["unknown"]) == ([mine[0]], [others, "nobody"])


def test_a_token_opens_what_its_scope_says_and_each_subject_has_limits_of_its_own(port: int) -> None:
    account = NETWORK.account_ids[int(NETWORK.account[0])]
    mine = [NAMES[position] for position in NETWORK.points_of_account(account)]
    others = next(name for name in NAMES if name not in mine)
    ada, eve = (token("power.own", sub=name, account_id=account) for name in ("ada", "eve"))
    assert ask(port, f"/v1/usage-points/{mine[0]}/power", ada).body["usage_point_id"] == mine[0]
    assert ask(port, f"/v1/usage-points/{others}/power", ada).status == 404  # which costs ten of fifteen
    assert ask(port, f"/v1/usage-points/{others}/power", ada).status == 429
    assert ask(port, f"/v1/usage-points/{mine[0]}/power", eve).status == 200
    assert ask(port, f"/v1/usage-points/{others}/power", token("power.all", sub="desk")).status == 200
    refused = ask(port, f"/v1/usage-points/{mine[0]}/power", token("openid", sub="bob"))
    assert (refused.status, "insufficient_scope" in refused.headers["www-authenticate"]) == (403, True)


@pytest.mark.parametrize("wrong", [
    (422, {"usage_point_ids": []}), (422, {"usage_point_ids": ["x"] * 501}), (422, {"usage_point_ids": [1]}),
    (422, {}), (422, b"\xff"), (413, b'"' + b"x" * 100_000 + b'"'),
], ids=str)  # fmt: skip
def test_a_body_that_is_no_batch_is_refused(port: int, wrong: tuple[int, Any]) -> None:
    refused = ask(port, "/v1/power/batch", DESK, wrong[1])
    assert (refused.status, refused.headers["content-type"]) == (wrong[0], "application/problem+json")


@pytest.mark.parametrize(("path", "status"), [("/", 404), ("/v1/power/batch", 405), ("/v1/usage-points//power", 404)])
def test_a_path_or_method_that_there_is_not_is_told_as_a_problem(port: int, path: str, status: int) -> None:
    refused = ask(port, path)
    told = refused.status, refused.headers["content-type"], refused.headers["cache-control"]
    assert told == (status, "application/problem+json", "no-store")


def test_a_port_that_somebody_has_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(FaultsError, match="--listen"):
        serve_status(Starlette(), taken.getsockname())


def test_who_asks_too_much_waits(port: int) -> None:
    answers = [ask(port, f"/v1/usage-points/{NAMES[0]}/power", BUSY) for _ in range(5)]
    assert [one.status for one in answers] == [200, 200, 200, 429, 429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert ask(port, f"/v1/usage-points/{NAMES[0]}/power").status == 200


def test_zones_that_are_set_aside_and_the_clock_are_heard_of(port: int, broker: str) -> None:
    zone = NETWORK.zone_ids[int(NETWORK.device_zone[NETWORK.point_device[3]])]
    write(broker, ZONE_HEALTH, {
        "event_id": f"{zone}:1", "schema_version": 1, "organisation": "default", "sequence": 1, "zone_id": zone,
        "revision": 1, "status": "quarantined", "since": AT, "updated_at": AT, "evidence_partition": 0,
        "evidence_offset": 0, "error": "it failed", "outage_ids": [],
    })  # fmt: skip
    path = f"/v1/usage-points/{NAMES[3]}/power"
    eventually(lambda: ask(port, path).body["power"] == "unknown", 60.0)
    now = "2099-01-01T00:00:00.000Z"
    write(broker, OUTAGE_CLOCK, {
        "event_id": f"0:{now}", "schema_version": 1, "organisation": "default", "sequence": 1, "evidence_partition": 0,
        "updated_at": now, "sequences": {},
    })  # fmt: skip
    eventually(lambda: ask(port, f"/v1/usage-points/{NAMES[0]}/power").body["stale"] is False, 60.0)
    assert ask(port, path).body["stale"]


def test_the_document_names_every_field_and_route(port: int) -> None:
    told = ask(port, "/openapi.json", None).body
    assert told == orjson.loads(orjson.dumps(document()))
    assert set(told["components"]["schemas"]["State"]["properties"]) == set(CustomerPowerRecord.model_fields)
    assert len(told["paths"]) == 3


def test_all_faults_are_told_before_it_listens(tmp_path: Path) -> None:
    keys = tmp_path / "keys.toml"
    keys.write_text('[[keys]]\nname = "a"\nsha256 = "secret"\nscope = "account"\n')
    arguments = ["--network", tmp_path / "none", "--keys", keys, "--listen", "here"]
    own = {name: value for name, value in os.environ.items() if not name.startswith("FAULTLINE_")}
    command = [*COMMAND, "serve", "status", *map(str, arguments)]
    done = subprocess.run(command, cwd=HOME, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    for part in ("sha256", "listen", "none", "kafka"):
        assert part in done.stderr


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0.1, 20)), max_size=50))
def test_a_bucket_lets_no_more_through_than_its_rate(asked: list[tuple[float, float]]) -> None:
    bucket, now, through, dearest = Bucket(2.0, 5.0, 5.0, 0.0), 0.0, 0.0, 0.0
    for after, cost in asked:
        now, dearest = now + after, max(dearest, cost)
        if (wait := bucket.take(cost, now)) == 0:
            through += cost
        elif bucket.take(cost, now + wait + 1e-6) == 0:  # after waiting as told it is let through
            now, through = now + wait + 1e-6, through + cost
        else:
            raise AssertionError(f"{wait} s were not enough")
        assert through <= 5.0 + 2.0 * now + dearest + 1e-6
