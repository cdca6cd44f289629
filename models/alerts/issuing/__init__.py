"""From outages to public warnings: when there is one, what it says, where it holds."""
