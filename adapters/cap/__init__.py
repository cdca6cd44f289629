"""CAP 1.2 as XML: read with distrust, written with care."""
