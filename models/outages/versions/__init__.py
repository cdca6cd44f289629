"""Taking up another version of the network: what is known goes on at the same points and devices."""
