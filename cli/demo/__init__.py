"""`faultline demo`: a town, a storm, both flows, the score and a page."""
