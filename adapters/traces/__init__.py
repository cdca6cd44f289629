"""Spans of batches for OpenTelemetry: off unless an address is given, and nothing of them in any record."""
