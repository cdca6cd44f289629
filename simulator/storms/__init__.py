"""The storms that can be made: each module plans one kind, over any network, as a course."""
