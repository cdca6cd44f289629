"""A storm as one page to look at; begin with `page.py`."""
