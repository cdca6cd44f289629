"""The folder that a simulation leaves: topics as JSON lines, the truth, the network."""
