"""The frame of every connector: a process of its own that hands reports on to a raw topic and says how it stands."""
