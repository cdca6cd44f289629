"""Who may do what with which topic: the users of Faultline's processes, as Strimzi's KafkaUser objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from adapters.kafka.topics.table import all_topics
from models.contracts.registry import CANARY, CONNECTORS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.kafka.topics.declaration import Topic

OPERATORS: Final = "operators"
_HEAD: Final = "# Written by `make reference` from the table of topics: of each user no more than it needs.\n"
_USER: Final = """apiVersion: kafka.strimzi.io/v1
kind: KafkaUser
metadata:
  name: {name}
  labels:
    strimzi.io/cluster: kafka
spec:
  authentication:
    type: tls
  authorization:
    type: simple
    acls:
{rules}"""
_RULE: Final = """      - resource:
          type: {rule.kind}
          name: {rule.name}
          patternType: {rule.pattern}
        operations:
{operations}"""


class Rule(NamedTuple):
    """What a user may do with a topic, a consumer group or a transactional id."""

    kind: str
    name: str
    operations: tuple[str, ...]
    pattern: str = "literal"


def user_name(role: str) -> str:
    """Give the name of a role's user, which consumer groups and transactional ids begin with as well."""
    return f"faultline-{role}"


def rules_of(role: str) -> list[Rule]:
    """Give what a role needs: `DescribeConfigs` is asked for by the check of the topics at each start."""
    rules = [Rule("topic", topic.stem, _operations(role, topic)) for topic in all_topics()]
    if role == CONNECTORS:
        return [rule for rule in rules if "Write" in rule.operations]
    if role == CANARY:
        own = [rule for rule in rules if {"Read", "Write"} & {*rule.operations}]
        return [*own, Rule("group", user_name(role), ("Read",))]
    if role == OPERATORS:
        looked_at = Rule("group", user_name(""), ("Describe",), "prefix")
        return [*rules, Rule("group", "faultline-look", ("Read",), "prefix"), looked_at]
    prefix = user_name(role)
    ids = Rule("transactionalId", prefix, ("Describe", "Write"), "prefix")
    return [*rules, Rule("group", prefix, ("Read",), "prefix"), ids]


def user_objects(flows: Iterable[str]) -> str:
    """Return `k8s/topics/users.yaml`: a user for each flow, the connectors, the canary, and people at a terminal."""
    return _HEAD + "---\n".join(map(_user, (*flows, CONNECTORS, CANARY, OPERATORS)))


def _operations(role: str, topic: Topic) -> tuple[str, ...]:
    read = ("Read",) if role in topic.readers else ()
    write = ("Write",) if role in topic.writers else ()
    return ("Describe", "DescribeConfigs", *read, *write)


def _user(role: str) -> str:
    return _USER.format(name=user_name(role), rules="".join(map(_rule, rules_of(role))))


def _rule(rule: Rule) -> str:
    return _RULE.format(rule=rule, operations="".join(f"          - {name}\n" for name in rule.operations))
