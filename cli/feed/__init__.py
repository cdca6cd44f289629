"""`faultline feed`: files played into raw topics."""
