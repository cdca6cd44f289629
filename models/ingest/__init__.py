"""From the lines of a raw topic to columns of checked evidence; `models.ingest.topics` is the way in."""
