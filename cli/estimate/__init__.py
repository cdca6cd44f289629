"""`faultline estimate`: when power will be back, learned from a history."""
