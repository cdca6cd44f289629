"""`faultline replay`: topics in files to outages in files."""
