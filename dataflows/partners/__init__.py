"""The flow that tells partners and regulators of outages."""
