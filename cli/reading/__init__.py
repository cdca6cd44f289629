"""What commands read of the outputs: states as they stand, and moments of a replay."""
