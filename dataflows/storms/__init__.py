"""`storms`: which outages are of one storm, and what it comes to. It runs where FAULTLINE_FLOWS names it."""
