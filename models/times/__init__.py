"""Points in time: whole milliseconds since the epoch, and their spelling."""
