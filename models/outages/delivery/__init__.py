"""How many of the messages arrive: what collectors did before, and what they do in this event."""
