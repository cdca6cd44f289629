"""An API server for the tests of a module, and a namespace for each."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.k8s.place import Place
from tests.peers.certificates import skip_without_openssl
from tests.peers.kafka import eventually
from tests.peers.kubernetes import api_server, skip_without_kubernetes

if TYPE_CHECKING:
    from tests.peers.kubernetes import Cluster

collect_ignore = [] if os.environ.get("FAULTLINE_KUBERNETES") == "whole" else ["test_life.py"]
"""The life of a deployment takes controllers, which only `make kubernetes` builds."""
CRDS = Path(__file__).parents[1] / "data" / "crds"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    skip_without_kubernetes()
    skip_without_openssl()
    with api_server(tmp_path_factory.mktemp("kubernetes")) as cluster:
        cluster.kubectl("apply", "--server-side", "-f", CRDS)
        kinds = "kafkatopics,kafkausers,podmonitors,prometheusrules"
        eventually(lambda: cluster.attempt("get", kinds, "--all-namespaces").returncode == 0)
        yield cluster


@pytest.fixture
def place(cluster: Cluster, tmp_path: Path) -> Place:
    return Place(cluster, f"faultline-{secrets.token_hex(4)}", tmp_path)


@pytest.fixture
def kafka_place(cluster: Cluster, tmp_path: Path) -> Place:
    place = Place(cluster, f"kafka-{secrets.token_hex(4)}", tmp_path)
    place.make()
    return place
