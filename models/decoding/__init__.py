"""From bytes to values, and why a line is refused. It knows contracts, not networks."""
