"""Files of the flow that suspects joins: its policy, and what was looked at and found right."""
