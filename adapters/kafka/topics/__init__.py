"""The topics as they must be, and as a cluster has them."""
