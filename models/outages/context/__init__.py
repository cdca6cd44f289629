"""What others say around an outage: planned works and crews. Records say it; nothing is inferred from it."""
