"""`alerts`: the public warnings of outages, behind the outages flow. It runs where FAULTLINE_FLOWS names it."""
