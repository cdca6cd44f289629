"""A broker with one listener a way to log in, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.peers.certificates import Authority

if TYPE_CHECKING:
    from scripts.kafka.broker import KafkaBroker

USER, PASSWORD = "meter-reader", "correct horse battery"
_LOGIN = "org.apache.kafka.common.security"
# Kafka's own check of tokens without a signature: enough to see a token arrive.
_MODULES = {
    "plain": f'{_LOGIN}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";',
    "scram-sha-256": f"{_LOGIN}.scram.ScramLoginModule required;",
    "scram-sha-512": f"{_LOGIN}.scram.ScramLoginModule required;",
    "oauthbearer": f'{_LOGIN}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";',
}


@dataclass(frozen=True)
class SecureKafka:
    """Where each listener is: "TLS", "MUTUAL" (which wants a client's certificate), "LOGIN" and "OPENLOGIN" (SASL)."""

    broker: KafkaBroker
    authority: Authority

    def address(self, listener: str) -> str:
        return self.broker.addresses[listener]


@contextmanager
def secure_kafka(folder: Path) -> Iterator[SecureKafka]:
    """Run such a broker; its user is `USER`."""
    from scripts.kafka.broker import KafkaBroker

    authority = Authority(folder / "authority")
    certificate, key = authority.issue("broker")
    together = folder / "broker.pem"
    together.write_text(key.read_text() + certificate.read_text())
    listeners = {"TLS": "SSL", "MUTUAL": "SSL", "LOGIN": "SASL_SSL", "OPENLOGIN": "SASL_PLAINTEXT"}
    properties = {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(together),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(authority.certificate),
        "listener.name.mutual.ssl.client.auth": "required",
    }
    for listener in ("login", "openlogin"):
        properties[f"listener.name.{listener}.sasl.enabled.mechanisms"] = ",".join(map(str.upper, _MODULES))
        for mechanism, module in _MODULES.items():
            properties[f"listener.name.{listener}.{mechanism}.sasl.jaas.config"] = module
    broker = KafkaBroker(folder / "kafka", listeners=listeners, properties=properties, users={USER: PASSWORD})
    with broker:
        yield SecureKafka(broker, authority)
