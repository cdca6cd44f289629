"""Records over a way that leads out only: sealed frames, their numbers, and what a loss among them means."""
