"""The command as an operator calls it, on topics of a test's own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import orjson
from confluent_kafka import Producer

from adapters.kafka.clients.producer import Outgoing
from adapters.kafka.topics.admin import create_topics
from adapters.kafka.topics.table import layout
from tests.worlds.storms import HERE, HOME, run_here


class Operator:
    """Somebody at a terminal, with a broker and topics of one prefix."""

    def __init__(self, kafka: str, prefix: str, partitions: int = 2) -> None:
        self.client = {"bootstrap.servers": kafka}
        self.prefix = prefix
        own = {name: value for name, value in os.environ.items() if not name.startswith("FAULTLINE_")}
        self._environment = own | {"FAULTLINE_KAFKA": kafka, "FAULTLINE_TOPIC_PREFIX": prefix}
        create_topics(self.client, layout(partitions, partitions, prefix), 1)

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        """Start a command and go on."""
        command = [sys.executable, "-c", "from cli.main import main; main()", *map(str, arguments)]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=HOME, env=self._environment)

    def run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        if arguments[0] in HERE:
            return run_here(*arguments, environment=self._environment)
        with self.start(*arguments) as process:
            output, errors = process.communicate(timeout=300)
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def ask(self, *arguments: object) -> list[Any]:
        """Run a command that shall succeed; the JSON documents that it prints, a line each."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return [orjson.loads(line) for line in done.stdout.splitlines()]

    def write(self, stem: str, partition: int, *records: Outgoing) -> None:
        producer = Producer(self.client)
        for record in records:
            producer.produce(
                self.prefix + stem,
                record.value,
                record.key,
                partition,
                headers=record.headers or [],  # type: ignore[arg-type]
            )
        assert producer.flush(120) == 0
