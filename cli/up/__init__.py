"""`faultline up`: a broker, both flows and a storm, live."""
