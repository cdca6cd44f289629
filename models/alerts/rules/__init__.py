"""The rules of CAP 1.2 beyond its schema, by the section that has them, and those of profiles."""
