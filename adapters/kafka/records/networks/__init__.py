"""Versions of the network that have been released, and where the parts of the one in force are."""
