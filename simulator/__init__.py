"""The storm: utilities, faults, what a head-end would have seen, and the score against the truth."""
