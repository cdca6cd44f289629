"""`faultline zones`: zones that are set aside, and how they are taken back."""
