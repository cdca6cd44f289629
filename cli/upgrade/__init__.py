"""`faultline upgrade`: what an installed version may go on with."""
