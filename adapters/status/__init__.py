"""The status API: how customers stand, by HTTP, from the compacted topic."""
