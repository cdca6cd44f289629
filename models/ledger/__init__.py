"""The ledger of interruptions, as its readers have it."""
