"""Storms: which outages are of one event, when it begins and ends, and what it comes to."""
