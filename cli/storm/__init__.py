"""The command `faultline storm`."""
