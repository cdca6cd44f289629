"""The contracts: every event that comes in or goes out, each defined once, in the module with its name."""
