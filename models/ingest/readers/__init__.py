"""One reader a raw topic: from decoded lines to rows of evidence."""
