"""Who is fed over which way while devices stand otherwise than normally, and the network as it then is."""
