"""Which outage speaks of which fault: pairs one to one, and the rounds in which they are made."""
