"""Records of an output read back as its contract, from Kafka and from what a flow over files has at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ConfigDict, ValidationError

from adapters.kafka.records.output_record import sequence_of
from models.timeline.moment import Followed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from confluent_kafka import Message

    from models.contracts.fields import OutputRecord
    from models.contracts.registry import Output


class ForeignRecordError(ValueError):
    """A record that is none of its topic's contract."""


class RecordReader:
    """Reads the records of one output. Fields that the contract does not know are left: a newer writer may add some."""

    def __init__(self, output: Output) -> None:
        contract = output.contract.model
        self._topic, self._key = output.topic, output.key
        tolerant = {"model_config": ConfigDict(extra="ignore")}
        self._model: type[OutputRecord] = type(contract.__name__, (contract,), tolerant)

    def read(self, message: Message) -> Followed:
        """Read a record of Kafka; without a value it is a tombstone. Raises `ForeignRecordError`."""
        key, value = message.key(), message.value()
        sequence = sequence_of(message)
        if not sequence or not isinstance(key, bytes):
            raise ForeignRecordError("it has no key, or no ce_sequence")
        try:
            record = None if value is None else self._model.model_validate_json(value)
        except ValidationError as error:
            raise ForeignRecordError(f"{error.error_count()} faults, {error.errors()[0]['msg'].lower()}") from error
        return Followed(self._topic, sequence, key.decode("utf-8", "replace"), record)

    def take(self, record: Mapping[str, Any]) -> Followed:
        """Take a record as its writer has it."""
        taken = None if "tombstone" in record else self._model.model_validate(_listed(record))
        return Followed(self._topic, record["sequence"], str(record[self._key]), taken)


def _listed(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Columns of numbers are arrays up to the edge."""
    if any(isinstance(value, np.ndarray) for value in record.values()):
        return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in record.items()}
    return record
