"""Tables that few may read: facts about persons, kept apart from the network."""
