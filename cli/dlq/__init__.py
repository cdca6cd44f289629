"""`faultline dlq`: dead letters listed, shown and sent again."""
