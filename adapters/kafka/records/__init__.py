"""What stands in a record besides its contract: headers, dead letters, marks, checkpoints. No client."""
