"""The utility as a forest of arrays, compiled from two tables; what it is, not how it stands."""
