"""When power will be back, from what is known of an outage at an instant: a learned table, applied in whole numbers."""
