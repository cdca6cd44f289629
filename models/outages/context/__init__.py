"""What others say around an outage: planned works. It decides nothing of what is out, only what a record says of it."""
