"""The model of ``benchmarks/simulate.py`` against what really happens in a small cache."""

from collections import OrderedDict

import numpy as np
import pytest

from benchmarks import simulate

COSTS = simulate.Costs(50e-6, 500e-6, 10e-3, 3e-3, 15e-3, 8_000, 50_000, 2_000)


def site(**more: float) -> simulate.Site:
    return simulate.Site(
        "a blog", 1_000, 10_000, **{"reads": 100, "processes": 1, "memory": 5e6, **more}
    )  # type: ignore[arg-type]


def day(one: simulate.Site, *, cached: bool = False) -> simulate.Day:
    return simulate.simulate(one, COSTS, cached=cached, draw=np.random.default_rng(1))


def test_popularity_covers_every_page_once() -> None:
    share, counts = simulate.popularity(1_000)
    assert counts.sum() == 1_000
    assert (share * counts).sum() == pytest.approx(1)
    assert list(share) == sorted(share, reverse=True)


@pytest.mark.parametrize("slots", [20, 100, 400])
def test_share_in_memory_is_that_of_a_cache_that_drops_the_least_recently_used(slots: int) -> None:
    share, counts = simulate.popularity(1_000, groups=2_000)
    draw = np.random.default_rng(2)
    kept: OrderedDict[int, None] = OrderedDict()
    hits = 0
    asked = draw.choice(1_000, 60_000, p=np.repeat(share, counts))
    for number, page in enumerate(map(int, asked)):
        hits += page in kept and number >= 10_000
        kept[page] = None
        kept.move_to_end(page)
        if len(kept) > slots:
            kept.popitem(last=False)
    modelled = (simulate.in_memory(share, counts, slots) * share * counts).sum()
    assert modelled == pytest.approx(hits / 50_000, abs=0.02)


def test_more_memory_and_a_cache_in_front_ask_less_of_the_service() -> None:
    usual, roomy = day(site()), day(site(memory=50e6))
    assert roomy.first.sum() < usual.first.sum() and roomy.cpu.sum() < usual.cpu.sum()
    assert day(site(processes=4)).first.sum() > usual.first.sum(), "each reads a change anew"
    behind = day(site(), cached=True)
    assert behind.requests.sum() < usual.requests.sum()
    assert behind.first.sum() + behind.checks.sum() < usual.first.sum() * 1.05
    assert usual.checks.sum() == 0 and (usual.first <= usual.requests).all()


def test_what_happens_on_the_day_is_seen() -> None:
    found = day(site())
    night, afternoon, noon, wave = (slice(h * 3600, h * 3600 + 1800) for h in (4, 16, 12, 18))
    assert found.requests[night].mean() < found.requests[afternoon].mean() / 3
    assert found.requests[noon].mean() > 1.2 * found.requests[11 * 3600 : 11 * 3600 + 1800].mean()
    assert found.posts[wave].mean() > 10 * found.posts[afternoon].mean()
