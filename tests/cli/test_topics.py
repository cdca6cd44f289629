"""`faultline topics`, as a person calls it."""

import json
import os
import subprocess

import pytest

from tests.worlds.storms import run_here


def faultline(kafka: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_here("topics", *arguments, environment=os.environ | {"FAULTLINE_KAFKA": kafka})


def test_without_a_broker_nothing_is_guessed() -> None:
    done = faultline("", "check")
    assert done.returncode == 2
    assert "set FAULTLINE_KAFKA" in done.stderr


def test_a_wrong_login_is_told_before_anything_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAULTLINE_KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
    done = faultline("127.0.0.1:1", "create")
    assert done.returncode == 2
    assert "sasl_mechanism" in done.stderr


def test_topics_are_created_and_checked(kafka: str, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    described = ("--raw-partitions", "2", "--evidence-partitions", "1", "--prefix", prefix)
    before = faultline(kafka, "check", *described)
    assert before.returncode == 2
    assert all(f"faultline: topic {prefix}" in line for line in before.stderr.splitlines())
    made = json.loads(faultline(kafka, "create", "--replication", "1", *described, "--json").stdout)
    assert len(made["created"]) == len(before.stderr.splitlines())
    assert made["faults"] == []
    done = faultline(kafka, "check", *described)
    assert (done.returncode, done.stderr) == (0, "")
    monkeypatch.setenv("FAULTLINE_TOPIC_PREFIX", prefix)
    assert faultline(kafka, "check").returncode == 0, "who looks need not know how many there are"
    monkeypatch.setenv("FAULTLINE_TOPIC_PREFIX", f"{prefix}none.")
    wrong = faultline(kafka, "check", "--json")
    assert wrong.returncode == 2
    assert len(json.loads(wrong.stdout)["faults"]) == len(made["created"])
