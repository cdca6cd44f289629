"""What another version of the network would have made of the same evidence."""
