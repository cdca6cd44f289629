"""Stand-ins for gateways, and whom they and a connector trust."""

from collections.abc import Iterator

import pytest

from tests.peers.certificates import skip_without_openssl
from tests.peers.gateway_run import Parties
from tests.peers.gateways import Gateway


@pytest.fixture(scope="module")
def parties(tmp_path_factory: pytest.TempPathFactory) -> Parties:
    skip_without_openssl()
    return Parties(tmp_path_factory.mktemp("parties"))


@pytest.fixture
def gateway(parties: Parties) -> Iterator[Gateway]:
    made = Gateway(parties.certificate, parties.key)
    yield made
    made.close()
