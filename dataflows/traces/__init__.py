"""Spans of what ingest and outages do, batch by batch."""
