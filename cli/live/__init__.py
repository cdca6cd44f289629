"""A storm lived through with both flows as children; what `demo` and `up` share."""
