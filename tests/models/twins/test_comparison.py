"""Whatever may befall a healthy site leaves it the same as its twin; what damages one record is found and named."""

from __future__ import annotations

import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.twins.comparison import MOST_FINDINGS, Part, compare
from models.twins.numbered import OTHER, SITES, Seen, Site

Records = list[Seen]
DRAW = st.randoms(use_true_random=False)
SITE = st.sampled_from(SITES)


def written(count: int, draw: random.Random) -> Records:
    """What the log makes: numbers from 1, few keys, some tombstones."""
    return [
        Seen(
            number, number * 2, b"key%d" % draw.randint(0, 3), b"%d" % number, draw.random() < 0.7, f"instant {number}"
        )
        for number in range(1, count + 1)
    ]


def repeated(records: Records, draw: random.Random) -> Records:
    """As a writer that was killed: some records once more, right behind."""
    at = draw.randint(0, len(records))
    return records[:at] + records[draw.randint(max(0, at - 3), at) : at] + records[at:]


def cleaned(records: Records, draw: random.Random) -> Records:
    """As a broker cleans a compacted topic up to somewhere; tombstones may go when what they took out is gone."""
    dirty = draw.randint(0, max(len(records) - 1, 0))
    last = {record.key: record for record in records[:dirty]}
    kept = [record for record in records[:dirty] if last[record.key] is record]
    gone = draw.randint(0, dirty)
    return [record for record in kept if record.live or (record.number or 0) > gone] + records[dirty:]


def found(
    here: Records, twin: Records, *, compacted: bool = False, whole: bool = True, said: int = 0
) -> set[tuple[str, Site | None, int | None]]:
    result = compare(Part(here, whole, said), Part(twin, whole, said), compacted=compacted)
    return {(finding.kind, finding.site, finding.number) for finding in result.findings}


@given(st.integers(0, 30), DRAW)
def test_age_repeats_and_being_behind_are_no_difference(count: int, draw: random.Random) -> None:
    log = written(count, draw)
    heads = [draw.randint(0, count) for _ in SITES]
    ends = [draw.randint(head, count) for head in heads]
    assume(all(head < end for head, end in zip(heads, ends, strict=True)) or not any(heads))
    assume(max(heads) <= min(ends))  # neither has lost what the other has yet to write
    parts = [Part(repeated(log[head:end], draw), head == 0) for head, end in zip(heads, ends, strict=True)]
    result = compare(*parts)
    assert set(result.counts) <= {"doubled"}
    assert result.compared == min(ends) - max(heads)
    assert len({*result.digests.values()}) == 1
    behind = 0 if result.behind is None else result.behind.records
    assert behind == max(ends) - min(ends)
    if result.behind is not None:
        assert ends[SITES.index(result.behind.site)] == min(ends)


@given(st.integers(0, 30), DRAW)
def test_compaction_is_no_difference(count: int, draw: random.Random) -> None:
    log = written(count, draw)
    here, twin = (repeated(cleaned(log, draw), draw) for _ in SITES)
    assert {kind for kind, _, _ in found(here, twin, compacted=True)} <= {"doubled"}


@given(st.integers(2, 30), SITE, DRAW, st.booleans())
def test_a_flipped_record_is_named(count: int, site: Site, draw: random.Random, compacted: bool) -> None:
    log = written(count, draw)
    at = draw.randrange(count)
    sites = {site: [*log[:at], log[at]._replace(digest=b"flipped"), *log[at + 1 :]], OTHER[site]: log}
    result = compare(Part(sites["here"]), Part(sites["twin"]), compacted=compacted)
    (finding,) = result.findings
    assert (finding.kind, finding.number, finding.key) == ("different", at + 1, log[at].key)
    assert finding.offsets == dict.fromkeys(SITES, log[at].offset)
    assert result.verdict == "different"
    assert len({*result.digests.values()}) == 2


@given(st.integers(2, 30), SITE, DRAW)
def test_a_lost_record_is_named_even_the_last_one(count: int, site: Site, draw: random.Random) -> None:
    log = written(count, draw)
    at = draw.randrange(count)
    sites = {site: log[:at] + log[at + 1 :], OTHER[site]: log}
    assert found(sites["here"], sites["twin"], said=count) == {("missing", site, at + 1)}
    if at == count - 1:  # without its clock's word nobody knows
        assert compare(Part(sites["here"]), Part(sites["twin"])).verdict == "behind"


@given(st.integers(2, 30), SITE, DRAW)
def test_a_state_that_one_site_has_lost_is_named(count: int, site: Site, draw: random.Random) -> None:
    log = written(count, draw)
    last = {record.key: record for record in log}
    lost = draw.choice(list(last.values()))
    assume(lost.live or any(record.live for record in log[: lost.offset // 2 - 1] if record.key == lost.key))
    left = [record for record in log if record is not lost]
    before = [record for record in left if record.key == lost.key]
    assume(lost.live or before[-1].live)
    sites = {site: left, OTHER[site]: cleaned(log, draw) if lost.live else log}
    assert ("missing", site, lost.number) in found(sites["here"], sites["twin"], compacted=True, said=count)


@pytest.mark.parametrize("compacted", [False, True])
def test_what_is_out_of_order_is_named(compacted: bool) -> None:
    log = written(9, random.Random(7))
    leaping = [*log[:3], log[3]._replace(number=10**18), *log[4:]]
    told = found(log, leaping, compacted=compacted)
    assert ("misnumbered", "twin", 10**18) in told
    if not compacted:
        assert ("missing", "twin", 4) in told
    two_forms = [*log[:5], log[3]._replace(digest=b"other"), *log[5:]]
    assert found(two_forms, log, compacted=compacted) == {("contradictory", "here", 4)}
    foreign = [*log, log[0]._replace(number=None)]
    assert found(log, foreign, compacted=compacted) == {("foreign", "twin", None)}


def test_what_both_have_lost_is_named_and_findings_have_an_end() -> None:
    log = written(400, random.Random(7))
    both = log[:3] + log[300:]
    result = compare(Part(both), Part(both))
    assert (result.findings[0].site, result.findings[0].number, result.counts["missing"]) == (None, 4, 297)
    none = compare(Part([]), Part(log), compacted=False)
    assert (none.verdict, none.behind and none.behind.records) == ("behind", 400)
    lost = compare(Part([log[-1]]), Part(log))
    assert (len(lost.findings), lost.counts["missing"]) == (MOST_FINDINGS, 399)
