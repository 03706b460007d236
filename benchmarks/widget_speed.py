"""Measure how soon a reader sees the first comment: this widget and Isso in Chromium, slow CPU.

    python benchmarks/widget_speed.py [LOADS] [COUNT …]

Pages with 20, 200 and 2,000 comments, the CPU throttled four times, each load with an empty cache
and alternating between the widgets; medians of seven loads. "ours" is the embed code, which loads a
long thread page by page; "held" is the same with an element that reserves space; "whole" has all
comments on one page. Prints milliseconds from the navigation to the first comment painted, layout
shift, long tasks (more than 50 ms) and their milliseconds, the JavaScript heap in MB after a
garbage collection, nodes of the document, and comments on the screen. Needs Chromium and Isso
(`pip install isso`); measure on an idle machine.
"""

import sys
from collections import defaultdict
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, CDPSession, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.widget_stage import Scene, StageComment, chromium, scene, talk

LOADS = 7
COUNTS = (20, 200, 2000)
THROTTLED = 4
WATCH = """
(() => {
  const seen = (window.seen = { first: 0, shift: 0, tasks: [] });
  new PerformanceObserver((list) => {
    for (const { value } of list.getEntries()) seen.shift += value;
  }).observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.tasks.push(duration);
  }).observe({ type: "longtask", buffered: true });
  const painted = () => requestAnimationFrame(() => setTimeout(() => {
    seen.first = performance.now();
  }));
  const look = (root) => new MutationObserver((_, watch) => {
    if (seen.found || !root.querySelector(".comments-one, #isso-root .isso-comment")) return;
    seen.found = performance.now();
    watch.disconnect();
    painted();
  }).observe(root, { childList: true, subtree: true });
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    const root = attach.call(this, options);
    look(root);
    return root;
  };
  look(document);
})();
"""
"""Script that records the metrics in the page from its first line on, also in shadow roots."""

FIGURES = ("first ms", "shift", "tasks", "tasks ms", "heap MB", "nodes", "shown")


def load(browser: Browser, url: str) -> dict[str, float]:
    """Open a page in a fresh browser; return its metrics."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.add_init_script(WATCH)
    cdp = context.new_cdp_session(page)
    cdp.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLED})
    cdp.send("Performance.enable")
    page.goto(url)
    page.wait_for_function("window.seen.first > 0", timeout=120_000)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1000)
    seen = page.evaluate("window.seen")
    kept = _kept(cdp)
    found = {
        "first ms": seen["first"],
        "shift": seen["shift"],
        "tasks": len(seen["tasks"]),
        "tasks ms": sum(seen["tasks"]),
        "heap MB": kept["JSHeapUsedSize"] / 1e6,
        "nodes": kept["Nodes"],
        "shown": page.locator(".comments-one, #isso-root .isso-comment").count(),
    }
    context.close()
    return found


def _kept(cdp: CDPSession) -> dict[str, float]:
    """Return heap and nodes after a garbage collection."""
    cdp.send("HeapProfiler.collectGarbage")
    return {one["name"]: one["value"] for one in cdp.send("Performance.getMetrics")["metrics"]}


def medians(browser: Browser, made: Scene, name: str, loads: int) -> dict[str, dict[str, float]]:
    """Return the medians of each kind's metrics; the first load of each warms up its server."""
    kept: dict[str, list[dict[str, float]]] = defaultdict(list)
    for _ in range(loads + 1):
        for kind in made.at:
            kept[kind].append(load(browser, f"{made.blog}/{kind}/{name}"))
    return {
        kind: {figure: median(one[figure] for one in found[1:]) for figure in FIGURES}
        for kind, found in kept.items()
    }


def main(loads: int, counts: list[int]) -> None:
    """Print the comparison."""
    talks: dict[str, list[StageComment]] = {}
    for count in counts:
        talks[str(count)] = talk(count, sum(map(len, talks.values())))
    print(f"medians of {loads} loads, CPU throttled {THROTTLED} times")
    print(f"{'comments':>8}  {'':6}" + "".join(f"{figure:>10}" for figure in FIGURES) + "   first")
    with scene(talks) as (made, _), sync_playwright() as play:
        browser = chromium(play)
        for count in counts:
            found = medians(browser, made, str(count), loads)
            for kind, one in found.items():
                numbers = "".join(
                    f"{one[figure]:10,.{3 if figure == 'shift' else 1 if 'MB' in figure else 0}f}"
                    for figure in FIGURES
                )
                times = found["isso"]["first ms"] / one["first ms"]
                print(f"{count:8,}  {kind:6}{numbers}{times:7.2f}×", flush=True)
        browser.close()


if __name__ == "__main__":
    wanted = [int(one) for one in sys.argv[1:]]
    main(wanted[0] if wanted else LOADS, wanted[1:] or list(COUNTS))
