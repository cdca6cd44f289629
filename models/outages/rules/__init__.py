"""What happens at an instant: outages open, close, nest, merge."""
