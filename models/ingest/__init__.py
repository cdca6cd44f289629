"""From the lines of a raw topic to columns of checked evidence; `models.ingest.origin_reader` is the way in."""
