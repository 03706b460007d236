"""Compare the bytes that a browser loads before the first comment with those of other widgets.

    python benchmarks/widget_bytes.py

Ours and Isso's requests are counted at their servers while Chromium opens a page with 20 comments:
every request before the first comment is on the screen. Sizes are those of brotli at quality 11,
which every widget can be served with, for the files named in each widget's own instructions; other
widgets come from the npm registry (unavailable ones are reported). Nothing is kept.
"""

import importlib.util
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import brotli
import rcssmin
import rjsmin
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.widget_speed import WATCH
from benchmarks.widget_stage import chromium, scene, talk

BUDGET = {"script": 6000, "style": 4000}
STATIC = Path(__file__).parent.parent / "comment_service" / "static"


@dataclass(frozen=True)
class Peer:
    """A widget in the npm registry, and the files that a page loads."""

    package: str
    script: str
    style: str = ""  # "" if the script contains it


PEERS = (
    Peer("artalk@2.9.1", "dist/Artalk.js", "dist/Artalk.css"),
    Peer("artalk@2.9.1", "dist/ArtalkLite.js", "dist/ArtalkLite.css"),
    Peer("@waline/client@3.13.0", "dist/waline.js", "dist/waline.css"),
    Peer("twikoo@1.7.9", "dist/twikoo.min.js"),
    Peer("valine@1.5.3", "dist/Valine.min.js"),
)


@dataclass(frozen=True)
class Size:
    """Compressed bytes of a script and of its style sheet."""

    name: str
    script: int
    style: int

    @property
    def total(self) -> int:
        """Return the sum of both."""
        return self.script + self.style


def packed(data: bytes) -> int:
    """Return the size after brotli compression at the highest quality."""
    return len(brotli.compress(data, quality=11))


def ours() -> Size:
    """Return our sizes; script and styles are served as one file, and measured separately here."""
    script = rjsmin.jsmin((STATIC / "comments.js").read_text("utf-8"))
    style = rcssmin.cssmin((STATIC / "comments.css").read_text("utf-8"))
    return Size("comment_service", packed(script.encode()), packed(style.encode()))


def isso() -> Size | None:
    """Return Isso's sizes, or None if it is not installed."""
    found = importlib.util.find_spec("isso")
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent
    script, style = folder / "js" / "embed.min.js", folder / "css" / "isso.css"
    return Size("Isso", packed(script.read_bytes()), packed(style.read_bytes()))


def peer(one: Peer, folder: Path) -> Size | None:
    """Return another widget's sizes, or None if npm cannot fetch it."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    process = subprocess.run(
        [npm, "pack", one.package, "--silent"],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    if process.returncode:
        return None
    with tarfile.open(folder / process.stdout.split()[-1]) as archive:

        def read(name: str) -> bytes:
            held = archive.extractfile(f"package/{name}") if name else None
            return held.read() if held else b""

        script, style = read(one.script), read(one.style)
    name = f"{one.package} {Path(one.script).name}"
    return Size(name, packed(script), packed(style) if style else 0)


def requests() -> dict[str, list[str]]:
    """Return the requests that each server received before its first comment was on the screen."""
    found: dict[str, list[str]] = {}
    with scene({"20": talk(20)}) as (made, apps), sync_playwright() as play:
        browser = chromium(play)
        for kind in ("ours", "isso"):
            page = browser.new_page()
            page.add_init_script(WATCH)
            apps[kind].came.clear()
            page.goto(f"{made.blog}/{kind}/20")
            page.wait_for_function("window.seen.first > 0")
            until = page.evaluate("performance.timeOrigin + window.seen.found") / 1000
            came = [(method, path) for at, method, path in apps[kind].came if at < until]
            found[kind] = [f"{method} {path}" for method, path in came]
            page.close()
        browser.close()
    return found


def print_table(sizes: list[Size]) -> None:
    """Print the table."""
    print(f"{'brotli, bytes':36}{'script':>9}{'style':>8}{'both':>9}{'vs. ours':>13}")
    for size in sizes:
        ratio = size.total / sizes[0].total
        style = f"{size.style:,}" if size.style else "inside"
        print(f"{size.name:36}{size.script:9,}{style:>8}{size.total:9,}{ratio:12.1f}×")


def main() -> None:
    """Print the results."""
    own = ours()
    with tempfile.TemporaryDirectory() as folder:
        peers = {one: peer(one, Path(folder)) for one in PEERS}
    print_table([own, *filter(None, [isso(), *peers.values()])])
    for one, size in peers.items():
        if size is None:
            print(f"{one.package}: npm could not fetch it")
    for kind, limit in BUDGET.items():
        print(f"our {kind}: {getattr(own, kind):,} of {limit:,} bytes at most")
    for kind, came in requests().items():
        print(f"{kind}: {len(came)} requests to the first comment: {', '.join(came)}")


if __name__ == "__main__":
    main()
