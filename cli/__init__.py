"""The commands: the one place that wires everything."""
