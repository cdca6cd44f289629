"""What the sender of notifications tells."""

from __future__ import annotations

from typing import Final, get_args

from adapters.metrics.declaration import CounterRow, GaugeRow, Label, Row
from models.contracts.customers.notification import CHANNELS
from models.contracts.customers.reply import ReceiptStatus

_CHANNEL: Final = Label("channel", "how it is sent", CHANNELS)
ENDED: Final = CounterRow(
    name="faultline_notifications_total",
    labels=(_CHANNEL, Label("status", "as in the receipt", get_args(ReceiptStatus))),
    help="Messages that have come to their end: `sent`, or not to be sent any more, and why.",
    look="`expired`: a channel is too slow, or away. `failed` above one in a hundred: addresses, or the gateway.",
)
TRIES: Final = CounterRow(
    name="faultline_notification_tries_total",
    labels=(_CHANNEL, Label("outcome", "what came of it", ("answered", "again"))),
    help="Tries to send a message: `answered` by the channel, for good or bad, or to be made `again`.",
    look="`again` that goes on: the channel does not answer, refuses us or asks for less.",
)
WAITING: Final = GaugeRow(
    name="faultline_notifications_waiting_records",
    unit="records",
    help="Messages that have been read and have not come to their end.",
    look="It returns to about nothing after each wave. One that grows: the channel's rate is too low for the storm.",
)
SECTIONS: Final[dict[str, tuple[Row, ...]]] = {"Notifications": (ENDED, TRIES, WAITING)}
