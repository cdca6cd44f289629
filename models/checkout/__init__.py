"""Whether points say what they are taken to say: positions of devices against the meters below them."""
