"""How to connect to Kafka: where it is, TLS, and who we are there."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from adapters.kafka.connection.log import CLIENT_LOG
from adapters.kafka.connection.secret_file import read_secret
from adapters.kafka.connection.token_file import token_callback

SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]

_VALUES: Final = {
    "bootstrap_servers": "bootstrap.servers",
    "client_id": "client.id",
    "security_protocol": "security.protocol",
    "ssl_ca_file": "ssl.ca.location",
    "ssl_certificate_file": "ssl.certificate.location",
    "ssl_key_file": "ssl.key.location",
    "sasl_mechanism": "sasl.mechanism",
    "sasl_username": "sasl.username",
    "oauth_token_endpoint": "sasl.oauthbearer.token.endpoint.url",
    "oauth_client_id": "sasl.oauthbearer.client.id",
    "oauth_scope": "sasl.oauthbearer.scope",
    "oauth_ca_file": "https.ca.location",
}
_SECRETS: Final = {
    "ssl_key_password_file": "ssl.key.password",
    "sasl_password_file": "sasl.password",
    "oauth_client_secret_file": "sasl.oauthbearer.client.secret",
}
_FILES_OF_SECRETS: Final = frozenset({*_SECRETS, "ssl_key_file", "oauth_token_file"})


def _one_of(choices: Any) -> str:  # noqa: ANN401 (a Literal)
    *others, last = get_args(choices)
    return f"{', '.join(others)} or {last}."


class Connection(BaseModel):
    """The settings of a connection to Kafka, in Kafka's words; secrets stand in files and are never kept here.

    `bootstrap_servers` are "host:port", with commas between. `ssl_*` go with SSL and SASL_SSL; without `ssl_ca_file`
    the system's authorities are trusted. `sasl_*` go with the mechanisms PLAIN and SCRAM, `oauth_*` with OAUTHBEARER:
    either a token that somebody else renews in `oauth_token_file`, or an OIDC token endpoint that is asked for one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    bootstrap_servers: str = Field(description="host:port, with commas between.")
    client_id: str = Field("faultline", description="Name by which brokers know us in their logs and quotas.")
    security_protocol: SecurityProtocol = Field("PLAINTEXT", description=_one_of(SecurityProtocol))
    ssl_ca_file: Path | None = Field(None, description="Authorities in PEM form, in place of the system's.")
    ssl_certificate_file: Path | None = Field(None, description="Our own certificate in PEM form.")
    ssl_key_file: Path | None = Field(None, description="The certificate's key in PEM form.")
    ssl_key_password_file: Path | None = Field(None, description="File with the key's password.")
    sasl_mechanism: SaslMechanism | None = Field(None, description=_one_of(SaslMechanism))
    sasl_username: str | None = Field(None, description="Who we are, with PLAIN and SCRAM.")
    sasl_password_file: Path | None = Field(None, description="File with the password, with PLAIN and SCRAM.")
    oauth_token_file: Path | None = Field(None, description="File with a token that somebody else renews.")
    oauth_token_endpoint: str | None = Field(None, description="Web address that gives tokens (OIDC).")
    oauth_client_id: str | None = Field(None, description="Who we are at the token endpoint.")
    oauth_client_secret_file: Path | None = Field(None, description="File with our secret there.")
    oauth_scope: str | None = Field(None, description="What the token shall be good for.")
    oauth_ca_file: Path | None = Field(None, description="Authorities of the token endpoint, in PEM form.")

    def given(self) -> dict[str, Any]:
        """Return the settings that have a value."""
        return {name: value for name, value in self if value is not None}

    def shown(self) -> dict[str, str]:
        """Return what may be shown to anybody: a secret is where it comes from."""
        return {name: shown_value(name, value) for name, value in self.given().items()}

    def client_settings(self) -> dict[str, Any]:
        """Return what any client of confluent_kafka is made with, secrets in it: never log it.

        What the client says goes to `CLIENT_LOG` when it is polled. Secrets are read anew; raises `OSError` and
        `ValueError` for what `faults` finds.
        """
        given = self.given()
        settings: dict[str, Any] = {"logger": CLIENT_LOG}
        if self.oauth_token_file is not None:
            settings["oauth_cb"] = partial(token_callback, self.oauth_token_file)
        if self.oauth_token_endpoint is not None:
            # The client comes with an HTTP library of its own, which has to look for the system's authorities.
            settings |= {"sasl.oauthbearer.method": "oidc", "https.ca.location": "probe"}
        settings |= {_VALUES[name]: str(value) for name, value in given.items() if name in _VALUES}
        return settings | {_SECRETS[name]: read_secret(path) for name, path in given.items() if name in _SECRETS}


def shown_value(name: str, value: object) -> str:
    """Return what may be shown to anybody of a setting of `Connection`: a secret is where it comes from."""
    return f"from {value}" if name in _FILES_OF_SECRETS else str(value)
