"""A log in which nothing comes is told by its partition, from the start on, until something comes."""

from dataflows.outages.silence_watch import SILENT_SECONDS, SilenceWatch


def test_a_partition_in_which_nothing_comes_is_told_until_something_does() -> None:
    watch = SilenceWatch([2, 5], begun_at=100.0)
    assert set(watch.hindrances(100.0 + SILENT_SECONDS - 1).values()) == {None}
    watch.take(5, 100.0 + SILENT_SECONDS - 1)
    faults = watch.hindrances(100.0 + SILENT_SECONDS + 1)
    assert faults["silence 5"] is None
    assert "no evidence has come in evidence partition 2 for 31 s" in (faults["silence 2"] or "")
    watch.take(2, 200.0)
    assert watch.hindrances(201.0)["silence 2"] is None
    assert watch.hindrances(201.0)["silence 5"] is not None
