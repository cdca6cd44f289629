"""What customers are told: one table of messages, from which every channel makes its words."""
