"""Canary zones: a small feeder for each evidence partition, on which outages are made to see whether they are found.

Nobody lives there. A zone's id tells that it is one, and no table of a utility may have such ids: so everything that
knows a zone by its id, a record's or a network's, can tell canaries from what is real.

    source ─ breaker ─┬─ fuse ─┬─ transformer   ten devices that may open: the breaker, three fuses, six transformers;
                      │        └─ transformer   whichever of them opens, other meters lose power
                      ├─ fuse ─ ...
                      └─ fuse ─ ...
"""
