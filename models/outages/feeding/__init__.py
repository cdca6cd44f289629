"""Who is fed over which way: devices that stand otherwise than normally turn parts of the forest round."""
