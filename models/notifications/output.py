"""The topic that notifications go to, and the flow's log."""

from __future__ import annotations

from typing import Final

from models.contracts.customers.account import AccountState
from models.contracts.customers.notification import NotificationRecord
from models.contracts.customers.reply import CustomerReply, NotificationReceipt
from models.contracts.registry import Contract, ImportLog, InputContract, Log, Output, Table

NOTIFICATIONS: Final = Output(
    name="notifications",
    topic="customer.notification.events.v1",
    summary="What customers are told: a message to one contact each, an account's in one partition and in their order.",
    contract=Contract("notification", NotificationRecord),
    key="notification_id",
    retention_days=1,
    event_type="faultline.customer.notification.v1",
    owner="notifications",
    access="restricted",
    personal=True,
    counted="kind",
)
ACCOUNTS: Final = Table(
    topic="customer.account.state.v1",
    summary="Whom to tell of which usage points, how and when, from the customer information system.",
    contract=InputContract("account", AccountState),
    key="account_id",
    compacted=True,
    owner="notifications",
)
RECEIPTS: Final = Table(
    topic="customer.notification.receipts.v1",
    summary="What became of messages, from who sends them and from carriers.",
    contract=InputContract("notification_receipt", NotificationReceipt),
    key="account_id",
    owner="notifications",
    writers=("connectors",),
)
REPLIES: Final = Table(
    topic="customer.reply.events.v1",
    summary="What contacts answered, in their own words.",
    contract=InputContract("customer_reply", CustomerReply),
    key="account_id",
    owner="notifications",
)
OUTSIDE: Final = "outside"
"""The origin of what comes from outside."""
LOG: Final = Log(
    topic="customer.notification.log.v1",
    summary="What the notifications are made of: news of outages, to all partitions.",
    owner="notifications",
    retention_days=30,
    imported=ImportLog(
        OUTSIDE, topic="customer.notification.tables.v1", checkpoints="customer.notification.checkpoint.v1"
    ),
)
