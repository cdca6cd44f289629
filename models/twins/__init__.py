"""Two sites that run the same log write the same records: where they do not, something has gone wrong in silence."""
