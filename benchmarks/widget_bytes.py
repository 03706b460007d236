"""What a reader's browser loads before the first comment, beside what other widgets ship.

    python benchmarks/widget_bytes.py

Ours and Isso's are counted at their servers while Chromium opens a page with 20 comments: every
request that came before the first comment was on the screen. Sizes are brotli's at quality 11, as
any of them can be served, of the files that each one's own instructions name; other widgets come
from the npm registry (what cannot be had is said). Nothing is kept.
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
    """A widget in the npm registry and the files of it that a page loads."""

    package: str
    script: str
    style: str = ""  # "" where the script has it inside


PEERS = (
    Peer("artalk@2.9.1", "dist/Artalk.js", "dist/Artalk.css"),
    Peer("artalk@2.9.1", "dist/ArtalkLite.js", "dist/ArtalkLite.css"),
    Peer("@waline/client@3.13.0", "dist/waline.js", "dist/waline.css"),
    Peer("twikoo@1.7.9", "dist/twikoo.min.js"),
    Peer("valine@1.5.3", "dist/Valine.min.js"),
)


@dataclass(frozen=True)
class Size:
    """Bytes of a script and of its style sheet, packed."""

    name: str
    script: int
    style: int

    @property
    def total(self) -> int:
        """Return both."""
        return self.script + self.style


def packed(data: bytes) -> int:
    """Return how many bytes brotli makes of it at its best."""
    return len(brotli.compress(data, quality=11))


def ours() -> Size:
    """Return our sizes: one file when served, counted apart here."""
    script = rjsmin.jsmin((STATIC / "comments.js").read_text("utf-8"))
    style = rcssmin.cssmin((STATIC / "comments.css").read_text("utf-8"))
    return Size("comment_service", packed(script.encode()), packed(style.encode()))


def isso() -> Size | None:
    """Return Isso's sizes, None where it is not installed."""
    found = importlib.util.find_spec("isso")
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent
    script, style = folder / "js" / "embed.min.js", folder / "css" / "isso.css"
    return Size("Isso", packed(script.read_bytes()), packed(style.read_bytes()))


def peer(one: Peer, folder: Path) -> Size | None:
    """Return a peer's sizes, None where npm cannot fetch it."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    told = subprocess.run(
        [npm, "pack", one.package, "--silent"],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    if told.returncode:
        return None
    with tarfile.open(folder / told.stdout.split()[-1]) as archive:

        def read(name: str) -> bytes:
            held = archive.extractfile(f"package/{name}") if name else None
            return held.read() if held else b""

        script, style = read(one.script), read(one.style)
    name = f"{one.package} {Path(one.script).name}"
    return Size(name, packed(script), packed(style) if style else 0)


def requests() -> dict[str, list[str]]:
    """Return which requests each server got before its first comment was on the screen."""
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


def told(sizes: list[Size]) -> None:
    """Print the table."""
    print(f"{'brotli, bytes':36}{'script':>9}{'style':>8}{'both':>9}{'beside ours':>13}")
    for size in sizes:
        ratio = size.total / sizes[0].total
        style = f"{size.style:,}" if size.style else "inside"
        print(f"{size.name:36}{size.script:9,}{style:>8}{size.total:9,}{ratio:12.1f}×")


def main() -> None:
    """Print what was counted."""
    own = ours()
    with tempfile.TemporaryDirectory() as folder:
        peers = {one: peer(one, Path(folder)) for one in PEERS}
    told([own, *filter(None, [isso(), *peers.values()])])
    for one, size in peers.items():
        if size is None:
            print(f"{one.package}: npm could not fetch it")
    for kind, limit in BUDGET.items():
        print(f"our {kind}: {getattr(own, kind):,} of {limit:,} bytes at most")
    for kind, came in requests().items():
        print(f"{kind}: {len(came)} requests to the first comment: {', '.join(came)}")


if __name__ == "__main__":
    main()
