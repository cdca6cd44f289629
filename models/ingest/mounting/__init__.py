"""Which meter hangs where between two versions of the network (decision 0042)."""
