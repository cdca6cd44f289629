"""What notifications are told by files: their policy."""
