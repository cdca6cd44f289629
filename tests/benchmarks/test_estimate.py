"""The short form of `python -m benchmarks.estimate.simulated`."""

from benchmarks.estimate.simulated import measure, simulated


def test_ranges_learned_from_simulated_storms_hold_in_others() -> None:
    history, border, steps = simulated(30, 10)
    assert all(one for one in steps)
    crews = history.crew_on_site_at
    assert ((history.crew_assigned_at < crews) & (crews < history.restored_at)).all()
    held = measure(history, border)
    for figures in held.values():
        assert figures.looks > 1000
        assert 0.7 < figures.held < 0.9
    assert held["crew on site"].hours < held["at publication"].hours / 4
