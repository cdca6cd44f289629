"""The policy file of customers' states."""
