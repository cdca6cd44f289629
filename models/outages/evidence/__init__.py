"""What evidence makes of what is known: clocks are put in order, reports are merged, in any order alike."""
