"""Outages that are made to see whether they are found: what meters say of them, and what becomes of it."""
