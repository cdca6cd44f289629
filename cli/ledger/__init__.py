"""The command `faultline ledger`."""
