"""`faultline rates`: how many messages arrive, as the engine has learned it."""
